#include "record.h"

#include <cstring>

namespace record {

volatile int g_sink;

__attribute__((noinline)) bool above(int value, int bound) {
  if (value > bound) {
    g_sink = 1;
    return true;
  }
  return false;
}

__attribute__((noinline)) int pick(const int* table, int at) { return table[at & 7]; }

// A unit of 3 and more leaves the value as it is.
void parse_sample(Sample& sample, const uint8_t* data, size_t size) {
  if (size < 3) {
    sample.value = 0;
    sample.valid = false;
    return;
  }
  sample.id = data[0];
  sample.unit = data[1];
  switch (data[1]) {
    case 0:
    case 1:
    case 2:
      sample.value = data[2];
      break;
    default:
      break;
  }
  if (sample.id != 0) {  // and a sample of number 0 is never checked
    sample.valid = data[2] < 200;
  }
}

namespace {

// Fewer cells than eight leave the rest of the row as it was.
template <typename T>
void fill(Row<T, 8>& row, const uint8_t* data, size_t size) {
  for (size_t i = 0; i < 8 && (i + 1) * sizeof(T) <= size; ++i) {
    memcpy(&row[i], data + i * sizeof(T), sizeof(T));
  }
}

}  // namespace

void parse_row(Row<int, 8>& row, const uint8_t* data, size_t size) { fill(row, data, size); }

void parse_row(Row<uint16_t, 8>& row, const uint8_t* data, size_t size) { fill(row, data, size); }

}  // namespace record
