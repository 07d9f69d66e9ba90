#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sensor {

// A number of any type out of a block, where it lies.
template <class T>
inline T load(const std::uint8_t* at) {
  return *reinterpret_cast<const T*>(at);  // BUG load-misaligned: blocks come from anywhere
}

// What was taken so far of a row of readings.
template <class T>
struct Total {
  T sum = 0;
  T last = 0;
  int count = 0;
  void add(T value) {
    sum += value;  // BUG total-overflow
    last = value;
    ++count;
  }
};

enum Unit { kVolt = 0, kAmpere = 1, kWatt = 2, kKelvin = 3 };

struct Channel {
  Unit unit = kVolt;
  int gain = 1;
  int row[4] = {1, 2, 3, 4};
  int scaled(int value) const { return value ^ gain; }
};

}  // namespace sensor
