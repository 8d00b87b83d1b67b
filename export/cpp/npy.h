// NumPy's .npy files: little-endian arrays in C order, of uint8 or float32.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef AAN_EXPORT_CPP_NPY_H_
#define AAN_EXPORT_CPP_NPY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace aan {

enum class Type { kUint8, kFloat32 };

// An array and its bytes, row after row.
struct Array {
  Type type = Type::kUint8;
  std::vector<int64_t> shape;
  std::string bytes;

  // The product of the shape.
  int64_t size() const;
  // "float32 [1, 68, 2]".
  std::string description() const;
};

// Both throw std::runtime_error, which names the file and what is wrong with it.
Array ReadNpy(const std::string& path);
void WriteNpy(const std::string& path, const Array& array);

// The content of a file; throws std::runtime_error.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);

}  // namespace aan

#endif  // AAN_EXPORT_CPP_NPY_H_
