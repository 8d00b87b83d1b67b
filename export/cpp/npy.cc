#include "npy.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace aan {
namespace {

const char kMagic[] = "\x93NUMPY";
const size_t kMagicSize = 6;
// Header and everything before it fill a multiple of this.
const size_t kAlignment = 64;

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + " " + what);
}

int64_t ItemSize(Type type) { return type == Type::kUint8 ? 1 : 4; }

// What stands behind 'key' in the header's Python dict.
std::string HeaderValue(const std::string& header, const std::string& key,
                        const std::string& pattern) {
  std::smatch found;
  const std::regex expression("'" + key + "'\\s*:\\s*" + pattern);
  return std::regex_search(header, found, expression) ? found[1].str() : "";
}

}  // namespace

int64_t Array::size() const {
  int64_t product = 1;
  for (int64_t axis : shape) product *= axis;
  return product;
}

std::string Array::description() const {
  std::ostringstream text;
  text << (type == Type::kUint8 ? "uint8" : "float32") << " [";
  for (size_t i = 0; i < shape.size(); ++i) text << (i ? ", " : "") << shape[i];
  return text.str() + "]";
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail(path, "can't be read");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), bytes.size());
  file.close();
  if (!file) Fail(path, "can't be written");
}

Array ReadNpy(const std::string& path) {
  const std::string content = ReadFile(path);
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(content[i]); };
  if (content.size() < 12 || content.compare(0, kMagicSize, kMagic) != 0) {
    Fail(path, "is not an .npy file");
  }
  // Version 1 counts the header in two bytes, later ones in four.
  const bool wide = byte(6) > 1;
  size_t count = byte(8) | byte(9) << 8;
  if (wide) count |= static_cast<size_t>(byte(10)) << 16 | size_t{byte(11)} << 24;
  const size_t start = wide ? 12 : 10;
  if (content.size() < start + count) Fail(path, "is cut off");
  const std::string header = content.substr(start, count);

  Array array;
  const std::string type = HeaderValue(header, "descr", "'([^']*)'");
  if (type == "<f4") {
    array.type = Type::kFloat32;
  } else if (type != "|u1") {
    Fail(path, "must hold uint8 or little-endian float32, found " + type);
  }
  if (HeaderValue(header, "fortran_order", "(\\w+)") != "False") {
    Fail(path, "must be in C order");
  }
  std::istringstream shape(HeaderValue(header, "shape", "\\(([^)]*)\\)"));
  for (std::string axis; std::getline(shape, axis, ',');) {
    // One axis is written "(3,)": nothing but space may be behind the comma.
    if (axis.find_first_not_of(' ') == std::string::npos) continue;
    array.shape.push_back(std::stoll(axis));
  }
  array.bytes = content.substr(start + count);
  if (static_cast<int64_t>(array.bytes.size()) != array.size() * ItemSize(array.type)) {
    Fail(path, "does not hold the " + array.description() + " that it announces");
  }
  return array;
}

void WriteNpy(const std::string& path, const Array& array) {
  std::ostringstream header;
  header << "{'descr': '" << (array.type == Type::kUint8 ? "|u1" : "<f4")
         << "', 'fortran_order': False, 'shape': (";
  for (int64_t axis : array.shape) header << axis << ",";
  header << "), }";
  std::string text = header.str();
  const size_t before = kMagicSize + 4;
  text.resize((before + text.size() + kAlignment) / kAlignment * kAlignment - before,
              ' ');
  text.back() = '\n';
  std::string content(kMagic, kMagicSize);
  content += {'\x01', '\x00', static_cast<char>(text.size() & 0xff),
              static_cast<char>(text.size() >> 8)};
  WriteFile(path, content + text + array.bytes);
}

}  // namespace aan
