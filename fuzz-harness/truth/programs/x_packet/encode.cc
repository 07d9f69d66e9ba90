// The two encoders differ by their trailer: v1 none, v2 a two-byte checksum.
#include "wire.h"

namespace packet {

Buffer encode_v1(const Message& message) {
  const size_t room = 4 + message.body_size;  // padding is not counted
  Buffer out(room);
  put_byte(out, 1);
  put_byte(out, message.flags);
  put_byte(out, static_cast<uint8_t>(message.body_size));
  put_byte(out, message.padding);
  if ((message.flags & 1) != 0) {
    put_fill(out, 0, message.padding);
  } else {
    for (unsigned i = 0; i < message.padding; ++i) {
      put_byte(out, 0);
    }
  }
  put_bytes(out, message.body, message.body_size);
  return out;
}

Buffer encode_v2(const Message& message) {
  const size_t room = 4 + message.body_size + message.padding;  // the checksum is not counted
  Buffer out(room);
  put_byte(out, 2);
  put_byte(out, message.flags);
  put_byte(out, static_cast<uint8_t>(message.body_size));
  put_byte(out, message.padding);
  put_fill(out, 0, message.padding);
  put_bytes(out, message.body, message.body_size);
  unsigned sum = 0;
  for (size_t i = 0; i < message.body_size; ++i) {
    sum += message.body[i];
  }
  const uint8_t trailer[2] = {static_cast<uint8_t>(sum), static_cast<uint8_t>(sum >> 8)};
  if ((message.flags & 1) != 0) {
    put_bytes(out, trailer, 2);
  } else {
    put_byte(out, trailer[0]);
    put_byte(out, trailer[1]);
  }
  return out;
}

}  // namespace packet
