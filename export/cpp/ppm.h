// Portable pixmaps (PPM, type P6, 8 bits): the simplest pictures that every viewer and
// ffmpeg read. Format: https://netpbm.sourceforge.net/doc/ppm.html
#ifndef AAN_EXPORT_CPP_PPM_H_
#define AAN_EXPORT_CPP_PPM_H_

#include <string>

#include "npy.h"

namespace aan {

// uint8 [height, width, 3]. Both throw std::runtime_error.
Array ReadPpm(const std::string& path);
// `pixels` holds height * width * 3 bytes.
void WritePpm(const std::string& path, int64_t height, int64_t width,
              const char* pixels);

}  // namespace aan

#endif  // AAN_EXPORT_CPP_PPM_H_
