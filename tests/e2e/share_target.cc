// A target for libFuzzer and for AFL++, which are given the same: behind eight bytes that libFuzzer solves in
// seconds, for it sees comparisons, and AFL++ does not find by chance, there is more code.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

volatile int sink;

[[gnu::noinline]] void deeper(const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 8; i < size; ++i) {
    if (data[i] == 'x') sink = sink + 1;
    if (data[i] == 'y') sink = sink + 2;
  }
}

void parse(const std::uint8_t* data, std::size_t size) {
  std::uint64_t magic = 0;
  if (size < sizeof magic) return;
  std::memcpy(&magic, data, sizeof magic);
  if (magic == 0x9d5f2c81e6b3a70fULL) deeper(data, size);
}

}  // namespace

#ifdef FOR_AFL
int main() {
  std::uint8_t data[64];
  const ssize_t size = ::read(STDIN_FILENO, data, sizeof data);
  if (size > 0) parse(data, static_cast<std::size_t>(size));
  return 0;
}
#else
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parse(data, size);
  return 0;
}
#endif
