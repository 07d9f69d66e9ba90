// The tables that move a crash's severity away from its kind's base (schema/taxonomy.cc). Data and the
// functions that find a row; classify.cc applies them in this order: rule, signal, marks, certainty.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "schema/crash_mark.h"
#include "schema/taxonomy.h"

namespace fuzzmill::workers {

struct CrashFacts;

inline constexpr std::uint64_t kNullPage = 0x1000;  // below it an address is null plus a member's offset
inline constexpr std::uint64_t kLargeRead = 64;     // bytes; more than a few variables leak at once

enum class Access : std::uint8_t { kAny, kNone, kRead, kWrite };

// Where the fault was, of rows about faults.
enum class Where : std::uint8_t {
  kAny,
  kNearNull,
  kDeliberate,    // where programs write to kill themselves
  kAtPc,          // the processor could not fetch what it was to run
  kChosen,        // the address looks like data: text, or one byte repeated
  kFar,           // anywhere else
  kNonCanonical,  // the processor has no such address; the report cannot tell it
  kUntold,        // the report does not tell it
};

// What a row does with the severity so far.
enum class Effect : std::uint8_t { kSet, kAtLeast, kAtMost, kRaise, kLower, kLeave };
enum class Security : std::uint8_t { kYes, kNo, kLeave };

struct Move {
  Effect effect;
  schema::Severity severity;  // of kSet, kAtLeast and kAtMost
  Security security;
  std::uint16_t cwe;  // goes before the kind's own; 0: none
  std::string_view reason;
};

struct Rule {
  schema::Family family;
  std::string_view kind;  // empty: every kind of the family
  bool managed;           // only where the language checks every access itself
  Access access;
  std::uint64_t min_size;  // bytes of the access
  Where where;
  Move move;
};
// The first row that fits, or nullptr: then the kind's base stands.
const Rule* rule_for(const schema::Kind& kind, const CrashFacts& facts);

// Of kinds that say no more than that a signal came ("unknown", "deadly-signal").
struct SignalRule {
  std::string_view signal;
  Move move;
};
const SignalRule* signal_rule_for(const schema::Kind& kind, const CrashFacts& facts);

// Each that the crash has is applied, in this order.
struct MarkRule {
  schema::Mark mark;
  Move move;
};
std::span<const MarkRule> mark_rules();

// Reproducibility moves the result last: the first row whose bound the share does not pass.
struct Certainty {
  double at_most;
  Move move;
};
const Certainty* certainty_for(double reproducible);

// An address that somebody seems to have written as data: at least six bytes of printable text, or at least
// four times the same byte (neither 0 nor 0xff).
bool looks_chosen(std::uint64_t address);

// Languages whose runtime checks every access, so that a bad index stops the program and touches nothing.
bool is_managed(std::string_view language);

}  // namespace fuzzmill::workers
