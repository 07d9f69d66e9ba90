// Planted bug: ring-overfull
// Kind:        assert
// Function:    ring::push
//
// A ring buffer driven by push and pop commands. The caller forgets that it may be full.
#undef NDEBUG
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace ring {

constexpr std::size_t kCapacity = 3;

struct Ring {
  std::uint8_t slots[kCapacity] = {};
  std::size_t head = 0;
  std::size_t count = 0;
};

[[gnu::noinline]] void push(Ring& ring, std::uint8_t value) {
  assert(ring.count < kCapacity);  // BUG: in the caller, who never asks
  ring.slots[(ring.head + ring.count) % kCapacity] = value;
  ++ring.count;
}

[[gnu::noinline]] void pop(Ring& ring) {
  if (ring.count == 0) return;
  ring.head = (ring.head + 1) % kCapacity;
  --ring.count;
}

}  // namespace ring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'R' || data[1] != 'B') return 0;
  ring::Ring ring;
  for (std::size_t at = 2; at < size; ++at) {
    if (data[at] >= 0x80) {
      ring::push(ring, data[at]);
    } else {
      ring::pop(ring);
    }
  }
  return 0;
}
