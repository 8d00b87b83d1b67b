#include "ppm.h"

#include <sstream>
#include <stdexcept>

namespace aan {

Array ReadPpm(const std::string& path) {
  const std::string content = ReadFile(path);
  std::istringstream stream(content);
  // Magic, width, height and largest value, between them white space and comments.
  std::string field[4];
  for (std::string& text : field) {
    while (stream >> text && text[0] == '#') stream.ignore(1 << 20, '\n');
  }
  Array image;
  try {
    if (field[0] != "P6" || field[3] != "255") throw std::invalid_argument("kind");
    image.shape = {std::stoll(field[2]), std::stoll(field[1]), 3};
  } catch (const std::logic_error&) {
    throw std::runtime_error(path + " is not a PPM file of type P6 with 8 bits");
  }
  stream.get();  // The one white space before the pixels.
  const std::streamoff start = stream.tellg();
  if (start < 0 || static_cast<int64_t>(content.size()) - start < image.size()) {
    throw std::runtime_error(path + " is cut off");
  }
  image.bytes = content.substr(start, image.size());
  return image;
}

void WritePpm(const std::string& path, int64_t height, int64_t width,
              const char* pixels) {
  std::ostringstream content;
  content << "P6\n" << width << " " << height << "\n255\n";
  content.write(pixels, height * width * 3);
  WriteFile(path, content.str());
}

}  // namespace aan
