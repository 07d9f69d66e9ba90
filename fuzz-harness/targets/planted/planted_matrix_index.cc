// Planted bug: matrix-column-unchecked
// Kind:        index-out-of-bounds
// Function:    matrix::set
//
// A sparse list of cells for a fixed matrix. The row is checked and the column is not; UBSan sees the
// index before ASan sees the memory, which may well belong to the next row.
#include <cstddef>
#include <cstdint>

namespace matrix {

constexpr std::size_t kRows = 4;
constexpr std::size_t kColumns = 6;

struct Matrix {
  std::uint8_t cells[kRows][kColumns] = {};
};

[[gnu::noinline]] void set(Matrix& matrix, std::size_t row, std::size_t column, std::uint8_t value) {
  if (row >= kRows) return;
  matrix.cells[row][column] = value;  // BUG: column is not compared with kColumns
}

}  // namespace matrix

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5 || data[0] != 'M' || data[1] != 'X') return 0;
  matrix::Matrix matrix;
  for (std::size_t at = 2; at + 3 <= size; at += 3) matrix::set(matrix, data[at], data[at + 1], data[at + 2]);
  [[maybe_unused]] static volatile std::uint8_t sink;
  sink = matrix.cells[0][0];
  return 0;
}
