#include "wire.h"

namespace packet {
namespace {

constexpr size_t kName = 24;

int digest(const uint8_t* bytes, size_t count) {
  int sum = 0;
  for (size_t i = 0; i < count; ++i) {
    sum = (sum * 31 + bytes[i]) & 0xffff;
  }
  return sum;
}

}  // namespace

// name: the length byte is believed (it may pass the 24 bytes of the local).
int decode_v1(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  uint8_t name[kName];
  size_t length = data[1];
  if (length > size - 2) {
    length = size - 2;
  }
  copy_out(name, data + 2, length);
  return digest(name, length < kName ? length : kName);
}

// name: the length byte is cut to the local, not to what was received.
int decode_v2(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  uint8_t name[kName];
  size_t length = data[1];
  if (length > kName) {
    length = kName;
  }
  copy_out(name, data + 2, length);
  return digest(name, length);
}

int decode_options(const uint8_t* data, size_t size) {
  Reader reader{data, size};
  int64_t sum = 0;
  while (reader.left() > 0) {
    switch (reader.take<uint8_t>()) {
      case 'w':
        sum ^= reader.take<uint16_t>();
        break;
      case 'd':
        sum ^= reader.take<uint32_t>();
        break;
      case 'q':
        sum ^= static_cast<int64_t>(reader.take<uint64_t>());
        break;
      case 'f':
        sum += reader.take<float>() > 0.5F ? 1 : 2;
        break;
      default:
        break;
    }
  }
  return static_cast<int>(sum & 0xff);
}

}  // namespace packet
