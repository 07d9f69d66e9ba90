// Bytes in and out of a datagram. The helpers trust their caller: lengths are the caller's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace packet {

template <typename T>
T read_le(const uint8_t* from) {
  T value;
  memcpy(&value, from, sizeof value);
  return value;
}

struct Reader {
  const uint8_t* data;
  size_t size;
  size_t at = 0;

  size_t left() const { return size - at; }

  // Checks that one byte is left where sizeof(T) are needed.
  template <typename T>
  T take() {
    if (left() < 1) {
      return T{};
    }
    const T value = read_le<T>(data + at);
    at += sizeof(T);
    if (at > size) {
      at = size;
    }
    return value;
  }
};

struct Buffer {
  explicit Buffer(size_t room) : bytes(new uint8_t[room]), room(room) {}
  std::unique_ptr<uint8_t[]> bytes;
  size_t room;
  size_t used = 0;
};

void put_bytes(Buffer& out, const uint8_t* from, size_t count);
void put_byte(Buffer& out, uint8_t value);
void put_fill(Buffer& out, uint8_t value, size_t count);
void copy_out(uint8_t* to, const uint8_t* from, size_t count);

struct Message {
  uint8_t version = 1;
  uint8_t flags = 0;
  size_t body_size = 0;
  uint8_t padding = 0;
  const uint8_t* body = nullptr;
};

Buffer encode_v1(const Message& message);
Buffer encode_v2(const Message& message);
int decode_v1(const uint8_t* data, size_t size);
int decode_v2(const uint8_t* data, size_t size);
int decode_options(const uint8_t* data, size_t size);

}  // namespace packet
