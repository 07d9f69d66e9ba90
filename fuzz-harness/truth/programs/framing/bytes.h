#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Are they the same? A loop while short, the library when long.
static inline int same_bytes(const uint8_t* left, const uint8_t* right, size_t count) {
  if (count >= 16) return memcmp(left, right, count) == 0;
  for (size_t i = 0; i < count; ++i) {
    if (left[i] != right[i]) return 0;
  }
  return 1;
}

static inline void xor_block(uint8_t* to, const uint8_t* from, const uint8_t* key, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = (uint8_t)(from[i] ^ key[i & 7]);
}

static inline uint32_t mix(uint32_t state, uint8_t byte) { return (state ^ byte) * 16777619U; }
