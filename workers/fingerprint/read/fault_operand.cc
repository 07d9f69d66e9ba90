#include "workers/fingerprint/read/fault_operand.h"

#include <algorithm>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxRegisters = 64;
constexpr std::size_t kMaxName = 6;

// Instructions whose last operand is only looked at.
constexpr std::string_view kReaders[] = {"cmp",  "test", "bt ",  "btl", "btq", "ucomis", "comis",   "push",
                                         "call", "jmp",  "lods", "ldr", "ldp", "ldm",    "vmovups", "scas"};
constexpr std::string_view kWriters[] = {"str",     "stp",  "stm", "stos", "mov", "add", "sub", "and",
                                         "or",      "xor",  "inc", "dec",  "neg", "not", "set", "xchg",
                                         "cmpxchg", "xadd", "pop", "sh",   "sa",  "ro",  "vmov"};

template <std::size_t N>
bool starts_with_any(std::string_view text, const std::string_view (&list)[N]) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view part) { return text.starts_with(part); });
}

// A number with or without sign, hexadecimal or decimal; 0 when there is none.
std::uint64_t take_displacement(std::string_view& text) {
  const bool negative = consume(text, "-");
  auto value = take_hex(text);
  if (!value) value = take_number(text);
  const std::uint64_t size = value.value_or(0);
  return negative ? ~size + 1 : size;
}

std::string_view take_register(std::string_view& text) {
  skip_blanks(text);
  consume(text, "%");
  std::size_t size = 0;
  while (size < text.size() && is_word(text[size])) ++size;
  const std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  return name;
}

// "0x10(%rax,%rbx,4)", "(%ecx)", "%fs:0x28"; an absolute "0x0".
std::optional<std::uint64_t> at_and_t_address(std::string_view operand, const Registers& registers) {
  consume(operand, "*");
  if (operand.size() > 4 && operand[0] == '%' && operand[3] == ':') {
    // The bases of %fs and %gs are not among the registers.
    if (operand[1] == 'f' || operand[1] == 'g') return std::nullopt;
    operand.remove_prefix(4);
  }
  if (operand.empty() || operand.front() == '$' || operand.front() == '%') return std::nullopt;
  std::uint64_t address = take_displacement(operand);
  if (operand.empty()) return address;
  if (!consume(operand, "(")) return std::nullopt;
  if (operand.front() == '%') {
    const auto base = registers.value(take_register(operand));
    if (!base) return std::nullopt;
    address += *base;
  }
  if (consume(operand, ",")) {
    const auto index = registers.value(take_register(operand));
    std::uint64_t scale = 1;
    if (consume(operand, ",")) scale = take_number(operand).value_or(1);
    if (!index) return std::nullopt;
    address += *index * scale;
  }
  return consume(operand, ")") ? std::optional(address) : std::nullopt;
}

// ARM: "[r10]", "[x1, #16]", "[x1, x2]".
std::optional<std::uint64_t> arm_address(std::string_view operand, const Registers& registers) {
  const auto base = registers.value(take_register(operand));
  if (!base) return std::nullopt;
  std::uint64_t address = *base;
  if (!consume(operand, ",")) return address;
  skip_blanks(operand);
  if (consume(operand, "#")) return address + take_displacement(operand);
  const auto index = registers.value(take_register(operand));
  return index && operand.starts_with("]") ? std::optional(address + *index) : std::nullopt;
}

std::string_view access_of(std::string_view mnemonic, bool last, bool only) {
  if (starts_with_any(mnemonic, kReaders)) return "READ";
  if (!last) return "READ";
  return only || starts_with_any(mnemonic, kWriters) ? "WRITE" : "";
}

}  // namespace

bool Registers::read(std::string_view line) {
  skip_blanks(line);
  std::size_t size = 0;
  while (size < line.size() && size <= kMaxName && is_word(line[size])) ++size;
  if (size < 2 || size > kMaxName || size >= line.size() || (line[size] != ' ' && line[size] != '\t'))
    return false;
  const std::string_view name = line.substr(0, size);
  line.remove_prefix(size);
  skip_blanks(line);
  const auto value = take_hex(line);
  if (!value) return false;
  if (values_.size() < kMaxRegisters) values_.emplace_back(std::string(name), *value);
  return true;
}

std::optional<std::uint64_t> Registers::value(std::string_view name) const {
  for (const auto& [known, value] : values_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<MemoryAccess> memory_access(std::string_view instruction, const Registers& registers) {
  std::string_view text = trim(instruction);
  for (std::string_view prefix : {"rep ", "repz ", "repnz ", "lock ", "bnd ", "notrack "})
    consume(text, prefix);
  const std::string_view mnemonic = text.substr(0, text.find_first_of(" \t"));
  std::string_view operands = trim(text.substr(mnemonic.size()));
  // "# 0x55… <table>" is what an address relative to the program counter comes to.
  if (auto absolute = after(operands, "# ")) {
    const auto address = take_hex(*absolute);
    if (!address) return std::nullopt;
    return MemoryAccess{*address, access_of(mnemonic, operands.find("(%rip)") > operands.find(','), false)};
  }
  if (const auto open = operands.find('['); open != std::string_view::npos) {
    const auto address = arm_address(operands.substr(open + 1), registers);
    if (!address) return std::nullopt;
    return MemoryAccess{*address, access_of(mnemonic, true, false)};
  }
  if (mnemonic.starts_with("lea") || mnemonic.starts_with("nop") || mnemonic.starts_with("j"))
    return std::nullopt;
  bool only = true;
  while (!operands.empty()) {
    int depth = 0;
    std::size_t size = 0;
    for (; size < operands.size() && (operands[size] != ',' || depth > 0); ++size) {
      if (operands[size] == '(') ++depth;
      if (operands[size] == ')') --depth;
    }
    const bool last = size == operands.size();
    // A direct call's operand is code, not data.
    const std::string_view operand = trim(operands.substr(0, size));
    const bool code = mnemonic.starts_with("call") && !operand.starts_with('*');
    if (auto address = code ? std::nullopt : at_and_t_address(operand, registers))
      return MemoryAccess{*address, access_of(mnemonic, last, only && last)};
    if (last) break;
    operands = trim(operands.substr(size + 1));
    only = false;
  }
  return std::nullopt;
}

}  // namespace fuzzmill::workers
