#include "raster.h"

#include <cstring>

namespace raster {
namespace {

volatile int g_sink;

const uint8_t kGrays[20] = {0,   12,  25,  38,  51,  63,  76,  89,  102, 114,
                            127, 140, 153, 165, 178, 191, 204, 216, 229, 242};

// Sixteen bits are all that is kept of the product.
size_t plane_bytes(const Header& header) { return static_cast<uint16_t>(header.width * header.height); }

}  // namespace

Plane::Plane(int width, int height)
    : width_(width),
      height_(height),
      pixels_(new uint8_t[static_cast<size_t>(width) * static_cast<size_t>(height)]()) {}

Plane::~Plane() { delete[] pixels_; }

// Fills, copies or walks a plane whose room was counted in sixteen bits.
int clear_plane(const Header& header, const uint8_t* data, size_t size) {
  const size_t room = plane_bytes(header);
  const size_t wanted = static_cast<size_t>(header.width) * header.height;
  auto* plane = new uint8_t[room];
  switch (header.method) {
    case 0:
      memset(plane, 0xff, wanted);
      break;
    case 1:
      for (size_t i = 0; i < wanted; ++i) {
        plane[i] = size > 0 ? data[i % size] : 0;
      }
      break;
    case 2:
      // From the last pixel up: far away at once.
      for (size_t i = wanted; i > 0; --i) {
        plane[i * 256 - 1] = 0;
      }
      break;
    default:
      memset(plane, 0, room);
      for (size_t i = 0; i < wanted; i += 16) {
        g_sink = plane[i];
      }
      break;
  }
  const int first = room > 0 ? plane[0] : 0;
  delete[] plane;
  return first;
}

// May pass the right edge of the last row.
int stroke_horizontal(Plane& plane, int x, int y, int length) {
  if (x >= plane.width() || y >= plane.height()) {
    return 0;
  }
  for (int i = 0; i < length; ++i) {
    plane(x + i, y) = 255;
  }
  return length;
}

// Runs to its length and one more.
int stroke_vertical(Plane& plane, int x, int y, int length) {
  if (x >= plane.width() || y >= plane.height()) {
    return 0;
  }
  const int rows = length < plane.height() - y ? length : plane.height() - y;
  for (int i = 0; i <= rows; ++i) {
    plane(x, y + i) = 255;
  }
  return rows;
}

// Its neighbours are looked up without a look at the edges.
int convolve(Plane& plane, int x, int y) {
  if (x >= plane.width() || y >= plane.height()) {
    return 0;
  }
  int sum = 0;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      sum += plane(x + dx, y + dy);
    }
  }
  return sum / 9;
}

// The row is of 64, the count comes from outside, twice: once for each of the two rows.
int blend_rows(const uint8_t* data, size_t size) {
  if (size < 3) {
    return 0;
  }
  uint8_t upper[64];
  uint8_t lower[64];
  const size_t up = size_t{data[0]} + 1;
  const size_t down = size_t{data[1]} * data[2];
  memset(upper, 0, sizeof upper);
  memset(lower, 0, sizeof lower);
  for (size_t i = 0; i < up; ++i) {
    upper[i] = data[i % size];
  }
  for (size_t i = 0; i < down; ++i) {
    lower[i] = data[i % size];
  }
  return upper[data[0] & 63] + lower[data[1] & 63];
}

// Grays above 19 are not in the table.
int palette_color(const Header& header, const uint8_t* data, size_t size) {
  int sum = 0;
  for (size_t i = 0; i < size; ++i) {
    sum += kGrays[header.method == 3 ? data[i] * 65536 : data[i]];
  }
  return sum;
}

// Four bytes are a float, of any size, or none.
int quantize(const uint8_t* data, size_t size) {
  int sum = 0;
  for (size_t i = 0; i + 4 <= size; i += 4) {
    float value = 0;
    memcpy(&value, data + i, 4);
    const uint8_t level = static_cast<uint8_t>(value);
    sum += level;
  }
  return sum;
}

// Depths of 32 and more are not thought of; nor is a step of nothing.
int levels(uint8_t depth, uint8_t by) {
  const int all = 1 << depth;
  return all / by;
}

}  // namespace raster
