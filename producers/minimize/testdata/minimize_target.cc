// A fuzz target of ours for minimize_test.cc, for libFuzzer and AFL++: a handful of branches on the first
// bytes; "CRASH", "HANG" and "MEMORY" do what they say.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

static volatile int sink;

[[gnu::noinline]] static int walk(const std::uint8_t* data, std::size_t size) {
  int sum = 0;
  for (std::size_t i = 0; i < size && i < 8; ++i) {
    switch (data[i]) {
      case 'a':
        sum += 1;
        break;
      case 'b':
        sum *= 3;
        break;
      case 'c':
        sum -= 7;
        break;
      case 'd':
        sum ^= 21;
        break;
      case 'e':
        sum += static_cast<int>(size);
        break;
      default:
        break;
    }
  }
  if (size > 3 && data[0] == 'a' && data[1] == 'b') sum += data[2] == 'c' ? 5 : 9;
  return sum;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 5 && std::memcmp(data, "CRASH", 5) == 0) std::abort();
  if (size >= 4 && std::memcmp(data, "HANG", 4) == 0) {
    while (true) sink = sink + 1;
  }
  if (size >= 6 && std::memcmp(data, "MEMORY", 6) == 0) {
    constexpr std::size_t kMuch = std::size_t{600} << 20;
    auto* much = static_cast<volatile char*>(std::malloc(kMuch));
    for (std::size_t i = 0; much != nullptr; i = (i + 4096) % kMuch) much[i] = 1;
  }
  sink = walk(data, size);
  return 0;
}
