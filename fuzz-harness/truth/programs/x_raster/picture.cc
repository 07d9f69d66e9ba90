// A header of six bytes (width and height, low byte first; depth; method), an operation, its operands.
#include <cstring>

#include "raster.h"

namespace {

volatile int g_sink;

void draw(raster::Plane& plane, char operation, const uint8_t* data, size_t size) {
  if (size < 3) {
    return;
  }
  const int x = data[0];
  const int y = data[1];
  switch (operation) {
    case 'h':
      g_sink = raster::stroke_horizontal(plane, x, y, data[2]);
      break;
    case 'v':
      g_sink = raster::stroke_vertical(plane, x, y, data[2]);
      break;
    case 'c':
      g_sink = raster::convolve(plane, x, y);
      break;
    case 'b':
      // A box is two strokes across and two down.
      g_sink = raster::stroke_horizontal(plane, x, y, data[2]);
      g_sink = raster::stroke_horizontal(plane, x, y + 1, data[2]);
      break;
    case 'g':
      for (int i = 0; i < data[2]; ++i) {
        g_sink = raster::stroke_vertical(plane, x + i, y, 2);
      }
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  if (size < 7) {
    return 0;
  }
  raster::Header header;
  header.width = static_cast<uint16_t>(data[0] | data[1] << 8);
  header.height = static_cast<uint16_t>(data[2] | data[3] << 8);
  header.depth = data[4];
  header.method = data[5];
  const char operation = static_cast<char>(data[6]);
  data += 7;
  size -= 7;
  switch (operation) {
    case 'f':
      g_sink = raster::clear_plane(header, data, size);
      break;
    case 'r':
      g_sink = raster::blend_rows(data, size);
      break;
    case 'p':
      g_sink = raster::palette_color(header, data, size);
      break;
    case 'q':
      g_sink = raster::quantize(data, size);
      break;
    case 'l':
      g_sink = raster::levels(header.depth, header.method);
      break;
    default: {
      raster::Plane plane(header.width & 255, header.height & 255);
      draw(plane, operation, data, size);
      break;
    }
  }
  return 0;
}
