// The taxonomy: every kind of crash we know, with what it weighs, as one table of data; and the four
// severities. A kind is the sanitizers' own word in lower case with hyphens ("heap-buffer-overflow").
// Pure and constant: any thread may call. The set of kinds is open: a sanitizer newer than this table
// may name a kind that is not in it, and kind_or_unknown() then answers with the row "unknown".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fuzzmill::schema {

// In rising order: a comparison of two is a comparison of how bad they are.
enum class Severity : std::uint8_t { kLow, kMedium, kHigh, kCritical };

std::string_view severity_name(Severity severity);              // LOW, MEDIUM, HIGH, CRITICAL
std::optional<Severity> parse_severity(std::string_view name);  // those names, in capitals only

// What the kinds have in common when their weight is judged (workers/classify).
enum class Family : std::uint8_t {
  kBounds,         // access outside an object that lives
  kLifetime,       // access to an object that does not live
  kFree,           // a wrong release of memory
  kFault,          // the processor refused an access
  kUninitialized,  // a value nobody wrote
  kArithmetic,     // a number went wrong
  kUndefined,      // other undefined behaviour
  kRace,           // threads without order
  kResource,       // time, memory, leaks
  kStop,           // the program stopped itself
  kExecution,      // the attacker's input ran, opened or resolved something
  kUnknown,
};

struct Kind {
  std::string_view name;
  Family family;
  Severity severity;                 // before access, size, address and reproducibility count
  bool security;                     // a bug of this kind is presumed to be exploitable
  std::array<std::uint16_t, 3> cwe;  // 0 ends the list
  std::string_view description;      // one line for people

  std::span<const std::uint16_t> cwes() const;
};

inline constexpr std::string_view kUnknownKind = "unknown";

std::span<const Kind> kinds();                 // sorted by name
const Kind* find_kind(std::string_view name);  // nullptr when the table has no such kind
const Kind& kind_or_unknown(std::string_view name);

}  // namespace fuzzmill::schema
