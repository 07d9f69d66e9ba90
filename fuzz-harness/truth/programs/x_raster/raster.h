// Pictures of one byte a pixel: headers, planes, rows, palettes, strokes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace raster {

struct Header {
  uint16_t width = 0;
  uint16_t height = 0;
  uint8_t depth = 8;
  uint8_t method = 0;
};

class Plane {
 public:
  Plane(int width, int height);
  ~Plane();
  Plane(const Plane&) = delete;
  Plane& operator=(const Plane&) = delete;

  uint8_t& operator()(int x, int y) { return pixels_[y * width_ + x]; }
  const uint8_t& operator()(int x, int y) const { return pixels_[y * width_ + x]; }
  uint8_t* row(int y) { return pixels_ + y * width_; }
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  int width_;
  int height_;
  uint8_t* pixels_;
};

int clear_plane(const Header& header, const uint8_t* data, size_t size);
int stroke_horizontal(Plane& plane, int x, int y, int length);
int stroke_vertical(Plane& plane, int x, int y, int length);
int blend_rows(const uint8_t* data, size_t size);
int palette_color(const Header& header, const uint8_t* data, size_t size);
int quantize(const uint8_t* data, size_t size);
int levels(uint8_t depth, uint8_t by);
int convolve(Plane& plane, int x, int y);

}  // namespace raster
