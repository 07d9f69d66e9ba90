// The address that a faulting instruction accessed, from a debugger's disassembly and registers: a core
// without siginfo tells it in no other way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzzmill::workers {

class Registers {
 public:
  // "rax            0x1f      31": false when the line is no register.
  bool read(std::string_view line);
  std::optional<std::uint64_t> value(std::string_view name) const;
  bool empty() const { return values_.empty(); }

 private:
  std::vector<std::pair<std::string, std::uint64_t>> values_;  // at most kMaxRegisters
};

struct MemoryAccess {
  std::uint64_t address = 0;
  std::string_view access;  // READ, WRITE, or empty when the instruction does not tell
};

// `instruction` as gdb prints it behind "=> 0x4f <f+4>:": AT&T for x86, or ARM's. Nothing when it accesses
// no memory or a register is not known.
std::optional<MemoryAccess> memory_access(std::string_view instruction, const Registers& registers);

}  // namespace fuzzmill::workers
