// Planted bug: blob-size-believed
// Kind:        out-of-memory
// Function:    blob::reserve
//
// A blob that announces its size in 32 bits. The memory is taken before a byte has come. Run with a
// small -malloc_limit_mb.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace blob {

[[gnu::noinline]] std::unique_ptr<char[]> reserve(std::size_t size) {
  return std::unique_ptr<char[]>(new char[size]);  // BUG: size is the sender's word
}

[[gnu::noinline]] char receive(const std::uint8_t* data, std::size_t size) {
  std::uint32_t announced = 0;
  std::memcpy(&announced, data, sizeof announced);
  const auto blob = reserve(announced + std::size_t{1});
  const std::size_t here = size - sizeof announced < announced ? size - sizeof announced : announced;
  std::memcpy(blob.get(), data + sizeof announced, here);
  blob[here] = '\0';
  return blob[0];
}

}  // namespace blob

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6 || data[0] != 'B' || data[1] != 'L') return 0;
  [[maybe_unused]] static volatile char sink;
  sink = blob::receive(data + 2, size - 2);
  return 0;
}
