// A fuzz target with a planted bug: a tag that is longer than its input is read past the end.
#include <cstring>
#include <memory>

#include "hook.h"

namespace {

// "T", length, that many bytes.
std::uint64_t sum_of_tag(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != 'T') return 0;
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[size]);
  std::memcpy(copy.get(), data, size);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < data[1]; ++i) sum += copy[2 + i];  // planted: no look at `size`
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CurrentInput current(data, size);
  static volatile std::uint64_t result;
  result = sum_of_tag(data, size);
  return 0;
}
