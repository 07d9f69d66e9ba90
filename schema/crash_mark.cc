#include "schema/crash_mark.h"

#include <algorithm>
#include <array>

namespace fuzzmill::schema {
namespace {

// clang-format off
constexpr MarkRow kMarks[] = {
    {Mark::kMiraclePtrProtected, "miracle-ptr-protected", "\"MiraclePtr Status: PROTECTED\": the allocator keeps the object from being used again."},
    {Mark::kSecurityIssueCritical, "security-issue-critical", "The report names FuzzerSecurityIssueCritical."},
    {Mark::kSecurityIssueHigh, "security-issue-high", "The report names FuzzerSecurityIssueHigh."},
    {Mark::kSecurityIssueMedium, "security-issue-medium", "The report names FuzzerSecurityIssueMedium."},
    {Mark::kSecurityIssueLow, "security-issue-low", "The report names FuzzerSecurityIssueLow."},
    {Mark::kNullPc, "null-pc", "The program counter is null (\"pc (nil)\", \"pc 0x000000000000\", \"Hint: pc points to the zero page\")."},
    {Mark::kWildJump, "wild-jump", "The program counter lies where no code is (\"PC is at a non-executable region. Maybe a wild jump?\")."},
    {Mark::kFaultOnReturn, "fault-on-return", "The instruction that faulted is a return."},
    {Mark::kFaultOnCall, "fault-on-call", "The instruction that faulted is an indirect call."},
    {Mark::kFaultOnJump, "fault-on-jump", "The instruction that faulted is an indirect jump."},
    {Mark::kNonCanonicalAddress, "non-canonical-address", "The address is one that the processor does not have (\"dereference of a high value address\", si_code 0x80)."},
    {Mark::kDeliberateCrash, "deliberate-crash", "The fault is at an address that the program uses to kill itself."},
    {Mark::kDebugCheck, "debug-check", "The check that failed is one of debug builds alone (DCHECK)."},
    {Mark::kSecurityDebugCheck, "security-debug-check", "\"Security DCHECK failed\", ASSERT_WITH_SECURITY_IMPLICATION."},
    {Mark::kSecurityCheck, "security-check", "\"Security CHECK failed\": the check stays in release builds."},
};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kMarks); ++i) {
    if (static_cast<std::size_t>(kMarks[i].mark) != i) return false;
  }
  return true;
}
static_assert(in_order() && std::size(kMarks) <= 32);

// As Blink, PDFium, V8 and WebKit have them.
constexpr std::array<std::uint64_t, 5> kDeliberate = {0xbbadbeef, 0xfbadbeef, 0x1f75b7dd, 0x977537dd,
                                                      0x9f7537dd};

}  // namespace

std::span<const MarkRow> marks() { return kMarks; }

std::string_view mark_name(Mark mark) { return kMarks[static_cast<std::size_t>(mark)].name; }

std::optional<Mark> parse_mark(std::string_view name) {
  for (const MarkRow& row : kMarks) {
    if (row.name == name) return row.mark;
  }
  return std::nullopt;
}

std::vector<std::string> names_of(const Marks& marks) {
  std::vector<std::string> names;
  for (const MarkRow& row : kMarks) {
    if (marks.has(row.mark)) names.emplace_back(row.name);
  }
  return names;
}

Marks marks_of(const std::vector<std::string>& names) {
  Marks marks;
  for (const std::string& name : names) {
    if (const auto mark = parse_mark(name)) marks.add(*mark);
  }
  return marks;
}

bool is_deliberate_address(std::uint64_t address) {
  return std::find(kDeliberate.begin(), kDeliberate.end(), address) != kDeliberate.end();
}

}  // namespace fuzzmill::schema
