// Planted bug: tlv-length-unchecked
// Kind:        heap-buffer-overflow (READ)
// Function:    tlv::sum_value
//
// A reader of type-length-value records. The length of a record is believed without asking how many
// bytes are left.
#include <cstddef>
#include <cstdint>

namespace tlv {

[[gnu::noinline]] unsigned sum_value(const std::uint8_t* value, std::size_t length) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum = sum * 31U + value[i];  // BUG: length is the sender's word
  return sum;
}

[[gnu::noinline]] unsigned read_records(const std::uint8_t* data, std::size_t size) {
  unsigned sum = 0;
  std::size_t at = 2;
  while (at + 2 <= size) {
    const std::size_t length = data[at + 1];
    sum ^= sum_value(data + at + 2, length);
    at += 2 + length;
  }
  return sum;
}

}  // namespace tlv

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != 'T' || data[1] != 'L') return 0;
  [[maybe_unused]] static volatile unsigned sink;
  sink = tlv::read_records(data, size);
  return 0;
}
