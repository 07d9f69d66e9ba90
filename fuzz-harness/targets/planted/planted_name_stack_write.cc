// Planted bug: name-labels-past-buffer
// Kind:        stack-buffer-overflow
// Function:    name::expand
//
// Turns length-prefixed labels into a dotted name. Each label is checked, their sum is not. The overflow
// happens inside memcpy, so the topmost frame is the sanitizer's own.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace name {

constexpr std::size_t kMaxName = 24;

[[gnu::noinline]] std::size_t expand(const std::uint8_t* data, std::size_t size) {
  char text[kMaxName];
  char* end = text;
  for (std::size_t at = 0; at < size && data[at] != 0;) {
    const std::size_t length = data[at++];
    if (length > 15 || length > size - at) break;
    std::memcpy(end, data + at, length);  // BUG: three labels of 15 are more than kMaxName
    end += length;
    at += length;
  }
  const std::size_t used = static_cast<std::size_t>(end - text);
  return used > 0 && text[0] == '.' ? 0 : used;
}

}  // namespace name

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || data[0] != 'N' || data[1] != 'M') return 0;
  [[maybe_unused]] static volatile std::size_t sink;
  sink = name::expand(data + 2, size - 2);
  return 0;
}
