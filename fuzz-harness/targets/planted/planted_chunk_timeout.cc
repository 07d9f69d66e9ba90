// Planted bug: chunk-of-no-length
// Kind:        timeout
// Function:    chunk::checksum
//
// Chunks that carry their own length. A chunk of length zero is never left. Run with a small -timeout.
#include <cstddef>
#include <cstdint>

namespace chunk {

[[gnu::noinline]] std::uint32_t checksum(const std::uint8_t* data, std::size_t size) {
  std::uint32_t sum = 1;
  std::size_t at = 0;
  while (at < size) {
    sum = sum * 16777619U + data[at];
    at += data[at];  // BUG: zero stays where it is
  }
  return sum;
}

}  // namespace chunk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'C' || data[1] != 'K') return 0;
  [[maybe_unused]] static volatile std::uint32_t sink;
  sink = chunk::checksum(data + 2, size - 2);
  return 0;
}
