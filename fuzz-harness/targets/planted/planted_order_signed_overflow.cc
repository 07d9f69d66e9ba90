// Planted bug: order-total-overflow
// Kind:        signed-integer-overflow
// Function:    order::total
//
// An order book line: price and quantity of 32 bits each, multiplied in 32 bits.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace order {

struct Line {
  std::int32_t price;
  std::int32_t quantity;
};

[[gnu::noinline]] std::int32_t total(const Line& line) {
  return line.price * line.quantity;  // BUG: wants 64 bits
}

}  // namespace order

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  order::Line line;
  if (size < 2 + sizeof line || data[0] != 'O' || data[1] != 'L') return 0;
  std::memcpy(&line, data + 2, sizeof line);
  if (line.price < 0 || line.quantity < 0) return 0;
  [[maybe_unused]] static volatile std::int32_t sink;
  sink = order::total(line);
  return 0;
}
