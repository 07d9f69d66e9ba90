// Planted bug: text-outlives-scope
// Kind:        stack-use-after-scope
// Function:    text::count_letters
//
// Escaped text is unescaped into a buffer of an inner block, and the pointer to it is used after the block.
#include <cstddef>
#include <cstdint>

namespace text {

[[gnu::noinline]] std::size_t unescape(const std::uint8_t* data, std::size_t size, char* out,
                                       std::size_t room) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < size && used < room; ++at) {
    if (data[at] != '\\') out[used++] = static_cast<char>(data[at]);
  }
  return used;
}

[[gnu::noinline]] std::size_t count_letters(const char* text, std::size_t length) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < length; ++i) letters += text[i] >= 'a' && text[i] <= 'z' ? 1U : 0U;  // the use
  return letters;
}

[[gnu::noinline]] std::size_t read(const std::uint8_t* data, std::size_t size) {
  const char* text = reinterpret_cast<const char*>(data);
  std::size_t length = size;
  if (data[0] == '\\') {
    char plain[64];
    length = unescape(data, size, plain, sizeof plain);
    text = plain;  // BUG: plain ends with this block
  }
  return count_letters(text, length);
}

}  // namespace text

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'T' || data[1] != 'X') return 0;
  [[maybe_unused]] static volatile std::size_t sink;
  sink = text::read(data + 2, size - 2);
  return 0;
}
