// Records of a navigation box: type, length, value; groups nest. See bugs.tsv for what is wrong with it.
#include <stdlib.h>

#include "reader.h"

enum { kPoints = 1, kRoute = 2, kName = 3, kAlias = 4, kLabel = 5, kGroup = 6, kTrack = 7, kSum = 8 };

static volatile uint32_t sink;
static uint8_t labels[4][12];
static uint8_t label_owner[4];

static uint32_t parse_points(const uint8_t* value, size_t length) {
  if (length < 1) return 0;
  const size_t count = value[0];
  uint32_t area = 0;
  for (size_t i = 0; i < count; ++i) {
    area += (uint32_t)read_u16(value + 1 + i * 4) * read_u16(value + 3 + i * 4);  // BUG point-count
  }
  return area;
}

static uint32_t parse_route(const uint8_t* value, size_t length) {
  if (length < 6) return 0;
  const uint8_t* stops = value + 4;
  const uint32_t first = read_u32(value);
  return read_u16(stops + (size_t)first * 2);  // BUG route-first
}

__attribute__((noinline)) static uint32_t parse_name(const uint8_t* value, size_t length) {
  uint8_t name[16] = {0};
  copy_bytes(name, value, length);  // BUG name-copy
  uint32_t hash = 5381;
  for (size_t i = 0; i < sizeof name && name[i] != 0; ++i) hash = hash * 33 + name[i];
  return hash;
}

static uint32_t parse_alias(const uint8_t* value, size_t length) {
  uint8_t* alias = malloc(16);
  if (alias == NULL) return 0;
  copy_bytes(alias, value, length);  // BUG alias-copy
  const uint32_t hash = alias[0] * 31U + alias[length > 1 ? 1 : 0];
  free(alias);
  return hash;
}

static uint32_t parse_label(const uint8_t* value, size_t length) {
  if (length < 2) return 0;
  const size_t slot = value[0] & 3;
  label_owner[slot] = value[1];
  copy_bytes(labels[slot], value + 2, length - 2);  // BUG label-copy
  return labels[slot][0];
}

// Tracks hold their points behind a checked count: this one is right, and uses the same helpers.
static uint32_t parse_track(const uint8_t* value, size_t length) {
  uint8_t title[24];
  if (length < 2 || value[0] > length - 1 || value[0] > sizeof title) return 0;
  copy_bytes(title, value + 1, value[0]);
  uint32_t sum = 0;
  for (size_t at = 1 + (size_t)value[0]; at + 2 <= length; at += 2) sum += read_u16(value + at);
  return sum + (value[0] > 0 ? title[0] : 0);
}

static uint32_t check_sum(const uint8_t* data, size_t size) {
  const uint8_t* tail = data + size - 4;  // BUG sum-tail
  uint32_t sum = 0;
  for (size_t i = 0; i + 4 < size; ++i) sum += data[i];
  return sum ^ read_u32(tail);
}

static uint32_t parse_records(const uint8_t* data, size_t size, int depth);

static uint32_t parse_group(const uint8_t* value, size_t length, int depth) {
  if (depth > 4 || length == 0) return 0;
  const uint32_t inner = parse_records(value, length, depth + 1);
  return inner * 17;
}

static uint32_t parse_value(uint8_t type, const uint8_t* value, size_t length, int depth) {
  switch (type) {
    case kPoints:
      return parse_points(value, length);
    case kRoute:
      return parse_route(value, length);
    case kName:
      return parse_name(value, length);
    case kAlias:
      return parse_alias(value, length);
    case kLabel:
      return parse_label(value, length);
    case kGroup:
      return parse_group(value, length, depth);
    case kTrack:
      return parse_track(value, length);
    default:
      return 0;
  }
}

static uint32_t parse_records(const uint8_t* data, size_t size, int depth) {
  uint32_t sum = 0;
  size_t at = 0;
  while (at + 2 <= size) {
    const size_t left = size - at - 2;
    const size_t length = data[at + 1] < left ? data[at + 1] : left;
    sum = sum * 7 + parse_value(data[at], data + at + 2, length, depth);
    at += 2 + length;
  }
  return sum;
}

// A stream may name a section by a word before the records.
static uint32_t read_stream(const uint8_t* data, size_t size) {
  if (size > 0 && data[0] == 'Z') return parse_group(data + 1, size - 1, 0);
  return parse_records(data, size, 0);
}

int run_input(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] == kSum) {
    // The block after the first byte is summed as a unit of its own.
    uint8_t* unit = malloc(size);
    if (unit == NULL) return 0;
    memcpy(unit, data + 1, size - 1);
    sink = check_sum(unit, size - 1);
    free(unit);
    return 0;
  }
  sink = read_stream(data, size);
  return 0;
}
