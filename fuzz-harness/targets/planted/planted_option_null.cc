// Planted bug: option-missing-value
// Kind:        segv (a read near address zero)
// Function:    option::number_of
//
// A reader of "k=v" options. The look-up answers nullptr for an option that is absent, which one caller
// forgets. Built without UBSan's null check, which would stop before the processor does.
#include <cstddef>
#include <cstdint>

namespace option {

struct Option {
  std::uint8_t key;
  std::uint8_t value;
};

[[gnu::noinline]] const Option* find(const Option* options, std::size_t count, std::uint8_t key) {
  for (std::size_t i = 0; i < count; ++i) {
    if (options[i].key == key) return &options[i];
  }
  return nullptr;
}

[[gnu::noinline]] int number_of(const Option* option) {
  return option->value - '0';  // BUG: option may be null
}

[[gnu::noinline]] int read(const std::uint8_t* data, std::size_t size) {
  Option options[8] = {};
  std::size_t count = 0;
  for (std::size_t at = 0; at + 3 <= size && count < 8; at += 3) {
    if (data[at + 1] != '=') break;
    options[count++] = {data[at], data[at + 2]};
  }
  return count == 0 ? 0 : number_of(find(options, count, 'n'));
}

}  // namespace option

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5 || data[0] != 'O' || data[1] != 'P') return 0;
  [[maybe_unused]] static volatile int sink;
  sink = option::read(data + 2, size - 2);
  return 0;
}
