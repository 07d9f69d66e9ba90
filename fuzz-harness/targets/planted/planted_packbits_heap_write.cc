// Planted bug: packbits-run-past-row
// Kind:        heap-buffer-overflow (WRITE)
// Function:    packbits::put_run
//
// A decoder of run-length packed image rows. The last run of a row may be longer than what is left of it.
#include <cstddef>
#include <cstdint>
#include <memory>

namespace packbits {

struct Row {
  std::unique_ptr<std::uint8_t[]> pixels;
  std::size_t width = 0;
  std::size_t used = 0;
};

[[gnu::noinline]] void put_run(Row& row, std::uint8_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) row.pixels[row.used++] = value;  // BUG: width is not asked
}

[[gnu::noinline]] std::size_t decode_row(const std::uint8_t* data, std::size_t size) {
  Row row;
  row.width = data[0];
  row.pixels = std::make_unique<std::uint8_t[]>(row.width);
  for (std::size_t at = 1; at + 2 <= size && row.used < row.width; at += 2) {
    put_run(row, data[at + 1], data[at]);
  }
  return row.used;
}

}  // namespace packbits

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || data[0] != 'P' || data[1] != 'B') return 0;
  packbits::decode_row(data + 2, size - 2);
  return 0;
}
