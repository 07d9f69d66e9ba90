// A small decoder of drawings: a header of operation, pixel type, width and height, then what the operation
// needs.
#include <cstdlib>

#include "plane.h"

namespace image {
namespace {

volatile long sink;

const std::uint32_t kPalette[16] = {0x000000, 0x800000, 0x008000, 0x808000, 0x000080, 0x800080,
                                    0x008080, 0xc0c0c0, 0x808080, 0xff0000, 0x00ff00, 0xffff00,
                                    0x0000ff, 0xff00ff, 0x00ffff, 0xffffff};

template <class T>
void load(Plane<T>& plane, Input& in) {
  for (int y = 0; y < plane.height(); ++y) {
    for (int x = 0; x < plane.width(); ++x) plane.at(x, y) = T(in.u8());
  }
}

template <class T>
void blur_row(Plane<T>& plane, int y) {
  for (int x = 0; x < plane.width(); ++x) {
    plane.at(x, y) = T((plane.at(x, y) + plane.at(x + 1, y)) / 2);  // BUG blur-edge
  }
}

template <class T>
long blur(Plane<T>& plane) {
  for (int y = 0; y < plane.height(); ++y) blur_row(plane, y);
  return long(plane.at(0, 0));
}

template <class T>
long sharpen(Plane<T>& plane) {
  const T first = plane.at(0, 0);
  blur_row(plane, plane.height() - 1);
  return long(first) - long(plane.at(0, 0));
}

template <class T>
long decode_runs(Plane<T>& plane, Input& in) {
  int at = 0;
  while (in.more() && at < plane.area()) {
    const int count = in.u8();
    plane.fill(at, count, T(in.u8()));  // BUG rle-run
    at += count;
  }
  return at;
}

template <class T>
long thumbnail(Plane<T>& plane, Input& in) {
  Plane<T> small((plane.width() + 1) / 2, (plane.height() + 1) / 2);
  return decode_runs(small, in) + plane.area();
}

template <class T>
long draw_box(Plane<T>& plane, Input& in) {
  const int left = in.u8() % plane.width();
  const int top = in.u8() % plane.height();
  const int width = in.u8();
  for (int y = top; y < plane.height(); ++y) {
    plane.fill(y * plane.width() + left, width, T(y + 1));  // BUG box-width
  }
  return left + top;
}

template <class T>
long crop(Plane<T>& plane, Input& in) {
  const int left = in.s32();
  const int top = in.s8();
  if (top < 0 || top >= plane.height()) return 0;
  long sum = 0;
  for (int x = 0; x < plane.width() / 2; ++x) sum += long(plane.at(left + x, top));  // BUG crop-left
  return sum;
}

template <class T>
long flip(Plane<T>& plane) {
  for (int y = plane.height() - 1; y >= 0; --y) {
    for (int x = 0; x < plane.width() / 2; ++x) {
      const T kept = plane.at(x, y);
      plane.at(x, y) = plane.at(plane.width() - x, y);  // BUG flip-edge
      plane.at(plane.width() - x - 1, y) = kept;
    }
  }
  return long(plane.at(0, 0));
}

// The colour of an index; three operations ask.
inline std::uint32_t lookup(int index) {
  return kPalette[index];  // BUG palette-index
}

template <class T>
long colour_sum(Plane<T>& plane) {
  long sum = 0;
  for (int y = 0; y < plane.height(); ++y) {
    for (int x = 0; x < plane.width(); ++x) sum += lookup(int(plane.at(x, y)));
  }
  return sum;
}

long preview(Input& in) { return long(lookup(in.u8())) << 1; }

long brightest(Input& in) {
  std::uint32_t best = 0;
  while (in.more()) {
    const std::uint32_t colour = lookup(in.u8());
    if (colour > best) best = colour;
  }
  return best;
}

long canvas(Input& in) {
  const int width = in.u16();
  const int height = in.u16();
  const int channels = in.u8() % 5;
  const int bytes = width * height * channels;  // BUG canvas-product
  if (bytes == 0 && (width == 0 || height == 0 || channels == 0)) return 0;
  auto* pixels = static_cast<std::uint8_t*>(std::malloc(std::size_t(bytes)));
  if (pixels == nullptr) return 0;
  std::memset(pixels, 0xff, std::size_t(width));
  pixels[0] = std::uint8_t(height);
  const long first = pixels[width - 1];
  std::free(pixels);
  return first;
}

inline int scaled(int length, int factor) {
  return (length + factor - 1) / factor;  // BUG scale-zero
}

template <class T>
long scale(Plane<T>& plane, Input& in) {
  const int across = in.u8();
  const int down = in.u8();
  Plane<T> small(scaled(plane.width(), across), scaled(plane.height(), down));
  for (int y = 0; y < small.height(); ++y) {
    for (int x = 0; x < small.width(); ++x) small.at(x, y) = plane.at(x * across, y * down);
  }
  return long(small.at(0, 0));
}

long tiles(Input& in) {
  const int length = in.u16();
  return scaled(length, in.u8());
}

template <class T>
long run_plane(int operation, Input& in) {
  const int width = in.u8() % 65;
  const int height = in.u8() % 65;
  if (width < 2 || height < 2) return 0;
  Plane<T> plane(width, height);
  switch (operation) {
    case 'R':
      return decode_runs(plane, in);
    case 'T':
      return thumbnail(plane, in);
    case 'X':
      return draw_box(plane, in);
    case 'C':
      return crop(plane, in);
    case 'S':
      return scale(plane, in);
    default:
      break;
  }
  load(plane, in);
  switch (operation) {
    case 'B':
      return blur(plane);
    case 'H':
      return sharpen(plane);
    case 'F':
      return flip(plane);
    case 'P':
      return colour_sum(plane);
    default:
      return 0;
  }
}

long decode(Input& in) {
  const int operation = in.u8();
  switch (operation) {
    case 'p':
      return preview(in);
    case 'b':
      return brightest(in);
    case 'c':
      return canvas(in);
    case 't':
      return tiles(in);
    default:
      break;
  }
  switch (in.u8()) {
    case 1:
      return run_plane<std::uint8_t>(operation, in);
    case 2:
      return run_plane<std::uint16_t>(operation, in);
    case 4:
      return run_plane<float>(operation, in);
    default:
      return 0;
  }
}

}  // namespace
}  // namespace image

extern "C" int run_input(const std::uint8_t* data, std::size_t size) {
  image::Input in(data, size);
  image::sink = image::decode(in);
  return 0;
}
