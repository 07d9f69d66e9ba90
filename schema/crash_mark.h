// Marks: what a report says of a crash beside its kind and access, one bit each. The readers set them, the
// severity counts them, an event carries their names. Pure and constant: any thread may call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::schema {

// In the order of the table in crash_mark.cc, which says what each means.
enum class Mark : std::uint8_t {
  kMiraclePtrProtected,
  kSecurityIssueCritical,
  kSecurityIssueHigh,
  kSecurityIssueMedium,
  kSecurityIssueLow,
  kNullPc,
  kWildJump,
  kFaultOnReturn,
  kFaultOnCall,
  kFaultOnJump,
  kNonCanonicalAddress,
  kDeliberateCrash,
  kDebugCheck,
  kSecurityDebugCheck,
  kSecurityCheck,
};

struct MarkRow {
  Mark mark;
  std::string_view name;     // "null-pc": in events and in the JSON of `triage`
  std::string_view meaning;  // what a reader looks for
};
std::span<const MarkRow> marks();  // in the order of Mark

std::string_view mark_name(Mark mark);
std::optional<Mark> parse_mark(std::string_view name);

// A set of marks; a value without allocation.
class Marks {
 public:
  void add(Mark mark) { bits_ |= bit(mark); }
  bool has(Mark mark) const { return (bits_ & bit(mark)) != 0; }
  bool empty() const { return bits_ == 0; }
  friend bool operator==(const Marks&, const Marks&) = default;

 private:
  static std::uint32_t bit(Mark mark) { return std::uint32_t{1} << static_cast<unsigned>(mark); }
  std::uint32_t bits_ = 0;
};

std::vector<std::string> names_of(const Marks& marks);
// Names that the table does not have come from a newer reader and are left out.
Marks marks_of(const std::vector<std::string>& names);

// Addresses that programs write to when they want to die: a crash there is an assertion that failed.
bool is_deliberate_address(std::uint64_t address);

}  // namespace fuzzmill::schema
