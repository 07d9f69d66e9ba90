// Planted bug: opcode-past-table
// Kind:        global-buffer-overflow
// Function:    vm::operand_count
//
// A walker over the byte code of a small machine. Opcodes have five bits, the table knows 24 of them.
#include <cstddef>
#include <cstdint>

namespace vm {

const std::uint8_t kOperandCounts[24] = {0, 1, 1, 2, 2, 2, 1, 0, 3, 1, 0, 0,
                                         2, 2, 1, 1, 0, 1, 2, 3, 1, 0, 0, 1};

// Takes the table as a pointer, as code that has several dialects does.
[[gnu::noinline]] std::size_t operand_count(const std::uint8_t* table, std::uint8_t opcode) {
  return table[opcode & 0x1FU];  // BUG: the mask lets 24..31 through
}

[[gnu::noinline]] std::size_t walk(const std::uint8_t* code, std::size_t size) {
  std::size_t instructions = 0;
  for (std::size_t at = 0; at < size; ++instructions) at += 1 + operand_count(kOperandCounts, code[at]);
  return instructions;
}

}  // namespace vm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'V' || data[1] != 'M' || data[2] != 1) return 0;
  [[maybe_unused]] static volatile std::size_t sink;
  sink = vm::walk(data + 3, size - 3);
  return 0;
}
