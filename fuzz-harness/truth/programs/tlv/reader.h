#pragma once
// Little-endian reads and a copy. All trust their caller: who calls has counted the bytes.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t read_u16(const uint8_t* at) { return (uint16_t)(at[0] | at[1] << 8); }

static inline uint32_t read_u32(const uint8_t* at) {
  return (uint32_t)read_u16(at) | (uint32_t)read_u16(at + 2) << 16;
}

static inline void copy_bytes(uint8_t* to, const uint8_t* from, size_t count) {
  if (count < 24) {
    for (size_t i = 0; i < count; ++i) to[i] = from[i];
  } else {
    memcpy(to, from, count);
  }
}
