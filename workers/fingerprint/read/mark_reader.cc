#include "workers/fingerprint/read/mark_reader.h"

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

using schema::Mark;

struct Words {
  std::string_view text;
  Mark mark;
};

// The first that the line contains decides.
constexpr Words kWords[] = {
    {"MiraclePtr Status: PROTECTED", Mark::kMiraclePtrProtected},
    {"FuzzerSecurityIssueCritical", Mark::kSecurityIssueCritical},
    {"FuzzerSecurityIssueHigh", Mark::kSecurityIssueHigh},
    {"FuzzerSecurityIssueMedium", Mark::kSecurityIssueMedium},
    {"FuzzerSecurityIssueLow", Mark::kSecurityIssueLow},
    {"points to the zero page", Mark::kNullPc},  // of "Hint: pc points …"; of an address it is another hint
    {"Maybe a wild jump", Mark::kWildJump},
    {"dereference of a high value address", Mark::kNonCanonicalAddress},
    {"Security DCHECK failed", Mark::kSecurityDebugCheck},
    {"ASSERT_WITH_SECURITY_IMPLICATION", Mark::kSecurityDebugCheck},
    {"Security CHECK failed", Mark::kSecurityCheck},
    {"DCHECK failed", Mark::kDebugCheck},
    {"Debug check failed", Mark::kDebugCheck},
};

// gdb's x/i of the program counter: "=> 0x5555 <main+4>:\tret".
std::optional<Mark> mark_of_instruction(std::string_view line) {
  if (!line.starts_with("=> 0x")) return std::nullopt;
  const auto colon = line.rfind(":\t");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view instruction = line.substr(colon + 2);
  if (instruction.starts_with("ret")) return Mark::kFaultOnReturn;
  // A direct call or jump goes where the linker said; only one through a register or memory goes astray.
  if (!contains(instruction, "*")) return std::nullopt;
  if (instruction.starts_with("call")) return Mark::kFaultOnCall;
  if (instruction.starts_with("jmp")) return Mark::kFaultOnJump;
  return std::nullopt;
}

}  // namespace

std::optional<Mark> mark_of_line(std::string_view line) {
  for (const Words& row : kWords) {
    if (!contains(line, row.text)) continue;
    if (row.mark == Mark::kNullPc && !contains(line, "pc points")) return std::nullopt;
    return row.mark;
  }
  return mark_of_instruction(line);
}

Took MarkReader::line(std::string_view line, ReportBuilder& builder) {
  if (const auto mark = mark_of_line(line)) builder.mark(*mark);
  return Took::kNo;
}

}  // namespace fuzzmill::workers
