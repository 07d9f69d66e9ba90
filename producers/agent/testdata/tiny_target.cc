// A fuzz target of our own for run_test.cc: one input of three bytes, reached one byte at a time, reads past
// a buffer. With TINY_TARGET_DIES in the environment it cannot even start.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

[[gnu::noinline]] int read_past_end(const std::uint8_t* data, std::size_t size) {
  return data[size];  // the bug
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (std::getenv("TINY_TARGET_DIES") != nullptr) std::_Exit(3);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 3) return 0;
  if (data[0] != 'B') return 0;
  if (data[1] != 'U') return 0;
  if (data[2] != 'G') return 0;
  static volatile int sink;
  sink = read_past_end(data, size);
  return sink & 0;
}
