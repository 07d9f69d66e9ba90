#pragma once
// A rectangle of pixels. at() trusts its caller, as pixel loops want it.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace image {

template <class T>
class Plane {
 public:
  Plane(int width, int height)
      : width_(width), height_(height), pixels_(new T[std::size_t(width) * height]()) {}
  ~Plane() { delete[] pixels_; }
  Plane(const Plane&) = delete;
  Plane& operator=(const Plane&) = delete;

  T& at(int x, int y) { return pixels_[std::ptrdiff_t(y) * width_ + x]; }
  int width() const { return width_; }
  int height() const { return height_; }
  int area() const { return width_ * height_; }

  // Sets `count` pixels from the given one on. Long runs of bytes are left to memset.
  void fill(int from, int count, T value) {
    if (sizeof(T) == 1 && count >= 16) {
      std::memset(pixels_ + from, int(value), std::size_t(count));
    } else {
      for (int i = 0; i < count; ++i) pixels_[from + i] = value;
    }
  }

 private:
  int width_;
  int height_;
  T* pixels_;
};

// What is left of the input; reads zeros behind its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool more() const { return at_ < size_; }
  int u8() { return at_ < size_ ? data_[at_++] : 0; }
  int s8() { return std::int8_t(u8()); }
  int u16() {
    const int low = u8();
    return low | u8() << 8;
  }
  int s32() {
    const unsigned low = unsigned(u16());
    return int(low | unsigned(u16()) << 16);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

}  // namespace image
