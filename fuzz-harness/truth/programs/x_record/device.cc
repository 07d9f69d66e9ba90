// An operation byte, a selector byte, then the record.
#include <cstdlib>
#include <cstring>

#include "record.h"

namespace record {

extern volatile int g_sink;

namespace {

const int kTable[8] = {1, 2, 3, 5, 8, 13, 21, 34};

void judge_sample(const Sample& sample, uint8_t how) {
  if (how == 'a') {
    g_sink = above(sample.value, 100) ? 1 : 0;
  } else if (how == 'p') {
    g_sink = pick(kTable, sample.value);
  } else if (how == 'd') {
    if (sample.value == 7) {
      g_sink = 3;
    }
  }
}

void trust_sample(const Sample& sample, uint8_t how) {
  if (how == 'v') {
    if (sample.valid) {
      g_sink = sample.id;
    }
  } else {
    g_sink = above(sample.valid ? 1 : 0, 0) ? 1 : 0;
  }
}

template <typename T>
void scan_row(const uint8_t* data, size_t size, uint8_t how) {
  Row<T, 8> row;
  parse_row(row, data, size);
  if (how == 'a') {
    g_sink = above(row[7], 9) ? 1 : 0;
  } else if (how == 'p') {
    g_sink = pick(kTable, row[6]);
  } else {
    for (size_t i = 0; i < 8; ++i) {
      if (row[i] == 0) {
        g_sink = static_cast<int>(i);
      }
    }
  }
}

// The memory of a frame is not cleared, and the checksum takes it whole.
void sum_frame(const uint8_t* data, size_t size, uint8_t how) {
  auto* frame = static_cast<uint8_t*>(std::malloc(64));
  if (frame == nullptr) {
    return;
  }
  const size_t used = size < 64 ? size : 64;
  memcpy(frame, data, used);
  int sum = 0;
  for (size_t i = 0; i < 64; ++i) {
    sum += frame[i];
  }
  if (how == 'a') {
    g_sink = above(sum, 1000) ? 1 : 0;
  } else if (how == 'p') {
    g_sink = pick(kTable, sum);
  } else if (how == 'c') {
    g_sink = memcmp(frame, kTable, sizeof kTable) == 0 ? 1 : 0;
  }
  std::free(frame);
}

void judge_scale(const Meter& meter, uint8_t how) {
  const int scale = meter.scale();
  if (how == 'a') {
    g_sink = above(scale, 5) ? 1 : 0;
  } else if (how == 'p') {
    g_sink = pick(kTable, scale);
  }
}

void scale_plain(uint8_t how) {
  auto* meter = new Plain;
  judge_scale(*meter, how);
  delete meter;
}

void scale_scaled(uint8_t factor, uint8_t how) {
  auto* meter = new Scaled(factor);
  judge_scale(*meter, how);
  delete meter;
}

void with_sample(void (*judge)(const Sample&, uint8_t), const uint8_t* data, size_t size, uint8_t how) {
  auto* sample = new Sample;
  parse_sample(*sample, data, size);
  judge(*sample, how);
  delete sample;
}

}  // namespace
}  // namespace record

extern "C" int run_input(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  const uint8_t operation = data[0];
  const uint8_t how = data[1];
  data += 2;
  size -= 2;
  switch (operation) {
    case 's':
      record::with_sample(record::judge_sample, data, size, how);
      break;
    case 't':
      record::with_sample(record::trust_sample, data, size, how);
      break;
    case 'i':
      record::scan_row<int>(data, size, how);
      break;
    case 'w':
      record::scan_row<uint16_t>(data, size, how);
      break;
    case 'f':
      record::sum_frame(data, size, how);
      break;
    case 'm':
      record::scale_plain(how);
      break;
    case 'n':
      record::scale_scaled(size > 0 ? data[0] : 1, how);
      break;
    default:
      break;
  }
  return 0;
}
