// Readings of sensors: numbers of all types, and what one computes with them. One byte says what to do.
#include "sensor.h"

#include <climits>
#include <cstdlib>

namespace sensor {
namespace {

volatile long sink;
int grid[4][6];
Channel channels[3];

struct Input {
  const std::uint8_t* at;
  std::size_t left;
  int u8() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
  int s32() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) value |= unsigned(u8()) << (8 * i);
    return int(value);
  }
};

long load_any(Input& in) {
  alignas(8) static std::uint8_t block[32];
  const int type = in.u8();
  const int offset = in.u8() & 15;
  switch (type) {
    case 2:
      return load<std::uint16_t>(block + offset);
    case 4:
      return load<std::int32_t>(block + offset);
    case 8:
      return long(load<double>(block + offset));
    default:
      return block[offset];
  }
}

template <class T>
long total(Input& in) {
  Total<T> total;
  while (in.left > 0) total.add(T(in.s32()) * (sizeof(T) > 4 ? T(1) << 32 : T(1)));
  return long(total.sum);
}

// Volts from a reading: an exponent of ten, and the reading.
int volts(Input& in) {
  double scale = 1;
  for (int exponent = in.u8() % 40; exponent > 0; --exponent) scale *= 10;
  return int(in.s32() * scale);  // BUG volts-range: an int does not hold them all
}

int factor(int unit) {
  switch (unit & 7) {
    case kVolt:
      return 1;
    case kAmpere:
      return 10;
    case kWatt:
      return 100;
    case kKelvin:
      return 1000;
    case 4:
    case 5:
      return 7;
  }
  // BUG factor-other: 6 and 7 come out here, without a value
}

int priority(int code) {
  if (code < 10) return code;
  if (code < 100) return code / 10;
  if (code < 200) return 10;
  __builtin_unreachable();  // BUG priority-unreachable: codes go up to 255
}

int window(Input& in) {
  const int count = in.s32();
  if (count > 100) return 0;
  int values[count];  // BUG window-size: may be none, or less
  for (int i = 0; i < count; ++i) values[i] = i;
  return count > 0 ? values[count - 1] : 0;
}

void copy_block(std::uint8_t* to, const std::uint8_t* from, std::size_t size) { std::memcpy(to, from, size); }

int snapshot(Input& in) {
  const std::size_t size = std::size_t(in.u8()) & 7;
  auto* copy = size == 0 ? nullptr : static_cast<std::uint8_t*>(std::calloc(1, size));
  std::uint8_t zeros[8] = {};
  copy_block(copy, zeros, size);  // BUG snapshot-empty: nothing is copied to nowhere, which memcpy forbids
  const int first = copy == nullptr ? 0 : copy[0];
  std::free(copy);
  return first;
}

int width_of(unsigned mask) {
  return 32 - __builtin_clz(mask);  // BUG width-zero: a mask of no bits
}

int lowest_of(Input& in) {
  const auto mask = unsigned(in.s32());
  return __builtin_ctz(mask);  // BUG lowest-zero: likewise
}

Unit unit_of(Channel& channel, int code) {
  std::memcpy(&channel.unit, &code, sizeof channel.unit);
  return channel.unit;  // BUG unit-code: there are four units
}

int cell(Input& in) {
  const int row = in.u8();
  const int column = in.u8();
  if (in.left > 0) {
    const int value = in.u8();
    if (row >= 4) return 0;
    grid[row][column] = value;  // BUG cell-write: the column is not checked
    return value;
  }
  if (column >= 6) return 0;
  return grid[row][column];  // BUG cell-read: the row is not checked
}

int adjust(Input& in) {
  const int value = in.s32();
  const int step = in.u8();
  const int how = in.u8();
  if (how == '+') return value + step;  // BUG adjust-add
  if (how == '-') {
    return value - step;  // BUG adjust-subtract
  }
  if (how == '<') return int(unsigned(value) << (step & 31));
  if (how == '>') return value >> step;  // BUG adjust-shift
  return how == '/' && step != 0 ? value / step : value;
}

int ratio(Input& in) {
  const int whole = in.s32();
  const int part = in.s32();
  if (part == 0) return 0;
  return whole / part;  // BUG ratio-minimum: INT_MIN / -1
}

Channel* channel(int number) { return number < 3 ? &channels[number] : nullptr; }

int read_channel(Input& in) {
  Channel* found = channel(in.u8());  // BUG channel-missing: may be null, and all below use it
  switch (in.u8()) {
    case 'g':
      return found->gain;
    case 's':
      return found->scaled(4);
    case 'w':
      return found->gain = 5;
    case 'r': {
      const auto& row = found->row;
      return row[1];
    }
    default:
      return 0;
  }
}

using Handler = int (*)(int);
int identity(int value) { return value; }
long widened(const char* text) { return text == nullptr ? 1 : 2; }

int call_handler(Input& in) {
  const Handler handlers[] = {identity, factor, reinterpret_cast<Handler>(widened)};  // BUG handler-type
  return handlers[in.u8() % 3](0);
}

void saw_flag(Input& in) {
  bool flag = false;
  const auto byte = std::uint8_t(in.u8());
  std::memcpy(&flag, &byte, 1);
  sink = flag ? 3 : 4;  // BUG flag-byte
}

long run(Input& in) {
  switch (in.u8()) {
    case 'l':
      return load_any(in);
    case 'i':
      return total<int>(in);
    case 'j':
      return total<long>(in);
    case 'v':
      return volts(in);
    case 'f':
      return factor(in.u8());
    case 'p':
      return priority(in.u8());
    case 'w':
      return window(in);
    case 's':
      return snapshot(in);
    case 'c':
      return width_of(unsigned(in.s32()));
    case 'C':
      return width_of(unsigned(in.u8() & 0xf0));
    case 'z':
      return lowest_of(in);
    case 'u':
      return unit_of(channels[0], in.u8());
    case 'U':
      return unit_of(channels[2], in.s32());
    case 'g':
      return cell(in);
    case 'a':
      return adjust(in);
    case 'r':
      return ratio(in);
    case 'h':
      return read_channel(in);
    case 'H':
      return call_handler(in);
    case 'b':
      saw_flag(in);
      return 0;
    default:
      return 0;
  }
}

}  // namespace
}  // namespace sensor

extern "C" int run_input(const std::uint8_t* data, std::size_t size) {
  sensor::Input in{data, size};
  sensor::sink = sensor::run(in);
  return 0;
}
