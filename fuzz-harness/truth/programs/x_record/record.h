// Records as they come from a device: parsed into fields that are set one by one. No library but memcpy is
// used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace record {

template <typename T, size_t kCount>
struct Row {
  T cells[kCount];
  T& operator[](size_t i) { return cells[i]; }
  const T& operator[](size_t i) const { return cells[i]; }
};

struct Sample {
  Sample() : id(0), unit(0) {}
  int id;
  int unit;
  int value;   // set when the unit is known
  bool valid;  // set by check()
};

class Meter {
 public:
  virtual ~Meter() = default;
  virtual int scale() const = 0;
};

class Plain final : public Meter {
 public:
  Plain() {}
  int scale() const override { return factor_; }

 private:
  int factor_;
};

class Scaled final : public Meter {
 public:
  explicit Scaled(int factor) : factor_(factor) {}
  int scale() const override { return offset_ + factor_; }

 private:
  int factor_;
  int offset_;
};

bool above(int value, int bound);
int pick(const int* table, int at);
void parse_sample(Sample& sample, const uint8_t* data, size_t size);
void parse_row(Row<int, 8>& row, const uint8_t* data, size_t size);
void parse_row(Row<uint16_t, 8>& row, const uint8_t* data, size_t size);

}  // namespace record
