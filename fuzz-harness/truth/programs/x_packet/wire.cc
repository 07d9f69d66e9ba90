#include "wire.h"

namespace packet {

void put_byte(Buffer& out, uint8_t value) {
  out.bytes[out.used] = value;
  out.used += 1;
}

void put_bytes(Buffer& out, const uint8_t* from, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    put_byte(out, from[i]);
  }
}

void put_fill(Buffer& out, uint8_t value, size_t count) {
  memset(out.bytes.get() + out.used, value, count);
  out.used += count;
}

void copy_out(uint8_t* to, const uint8_t* from, size_t count) { memcpy(to, from, count); }

}  // namespace packet
