// A libFuzzer target of the soak: two bugs that many different inputs reach.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

[[gnu::noinline]] int read_past_end(const std::uint8_t* data, std::size_t size) {
  return data[size];  // the first bug
}
[[gnu::noinline]] void give_up() { std::abort(); }  // the second

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static volatile int sink;
  if (size < 4 || data[0] != 'B' || data[1] != 'U') return 0;
  if (data[2] == 'G') sink = read_past_end(data, size);
  if (data[2] == 'H') give_up();
  return sink & 0;
}
