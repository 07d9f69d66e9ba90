#include "workers/classify/classify.h"

#include <fmt/format.h>

#include <algorithm>

#include "workers/classify/title.h"

namespace fuzzmill::workers {
namespace {

using schema::Family;
using schema::Kind;
using schema::Severity;

constexpr std::uint64_t kNullPage = 0x1000;  // below it an address is null plus a member's offset
constexpr std::uint64_t kLargeRead = 64;     // bytes; more than a few variables leak at once

enum class Access : std::uint8_t { kAny, kNone, kRead, kWrite };
enum class Where : std::uint8_t { kAny, kNearNull, kFar, kNoAddress, kAtPc };

// What a row does with the severity that the kind brought.
enum class Effect : std::uint8_t { kSet, kAtLeast, kRaise };

struct Rule {
  Family family;
  Access access;
  std::uint64_t min_size;
  Where where;
  Effect effect;
  Severity severity;  // of kSet and kAtLeast
  bool security;      // true: the row makes the crash a security bug; false: leaves the flag alone
  std::uint16_t cwe;  // goes before the kind's own; 0: none
  std::string_view reason;
};

// The first row of a family that fits decides. Families without a row keep their kind's base.
// clang-format off
constexpr Rule kRules[] = {
    {Family::kBounds,   Access::kWrite, 0,          Where::kAny,       Effect::kRaise,   Severity::kLow,      true,  787, "It writes outside an object: what lies there can be overwritten."},
    {Family::kBounds,   Access::kRead,  kLargeRead, Where::kAny,       Effect::kAtLeast, Severity::kHigh,     true,  125, "It reads many bytes outside an object: secrets can leak."},
    {Family::kBounds,   Access::kRead,  0,          Where::kAny,       Effect::kSet,     Severity::kMedium,   true,  125, "It reads outside an object: a few bytes can leak."},
    {Family::kLifetime, Access::kWrite, 0,          Where::kAny,       Effect::kRaise,   Severity::kLow,      true,  0,   "It writes to memory that is no longer the object's: whoever owns it now is overwritten."},
    {Family::kLifetime, Access::kRead,  0,          Where::kAny,       Effect::kAtLeast, Severity::kMedium,   true,  0,   "It reads memory that is no longer the object's: its new owner decides what is read."},
    {Family::kFault,    Access::kAny,   0,          Where::kNearNull,  Effect::kSet,     Severity::kLow,      false, 476, "The address is next to null: the process dies, and that is all."},
    {Family::kFault,    Access::kAny,   0,          Where::kAtPc,      Effect::kSet,     Severity::kCritical, true,  0,   "The program jumped to the bad address: whoever chooses it chooses what runs."},
    {Family::kFault,    Access::kWrite, 0,          Where::kFar,       Effect::kAtLeast, Severity::kHigh,     true,  787, "It writes to a wild address far from null."},
    {Family::kFault,    Access::kWrite, 0,          Where::kNoAddress, Effect::kAtLeast, Severity::kHigh,     true,  787, "It writes to an address that the processor does not even have."},
    {Family::kFault,    Access::kRead,  0,          Where::kFar,       Effect::kSet,     Severity::kMedium,   false, 125, "It reads from a wild address far from null."},
    {Family::kFault,    Access::kRead,  0,          Where::kNoAddress, Effect::kSet,     Severity::kMedium,   false, 125, "It reads from an address that the processor does not even have."},
};
// clang-format on

// Reproducibility moves the result last. A crash that no replay showed again may be the machine's.
struct Certainty {
  double at_most;
  bool lower;
  std::string_view reason;
};

constexpr Certainty kCertainties[] = {
    {0.0, true, "No replay crashed again, so it weighs one step less."},
    {0.999, false, "Not every replay crashed again: it depends on more than the input."},
    {1.0, false, "Every replay crashed again."},
};

Access access_of(const CrashFacts& facts) {
  if (facts.access == "READ") return Access::kRead;
  if (facts.access == "WRITE") return Access::kWrite;
  return Access::kNone;
}

bool fits(Where where, const CrashFacts& facts) {
  switch (where) {
    case Where::kAny:
      return true;
    case Where::kNearNull:
      return facts.kind == "null-dereference" || (facts.address && *facts.address < kNullPage);
    case Where::kFar:
      return facts.address && *facts.address >= kNullPage;
    case Where::kNoAddress:
      return !facts.address;
    case Where::kAtPc:
      return facts.address && facts.pc && *facts.address == *facts.pc;
  }
  return false;
}

const Rule* rule_for(const Kind& kind, const CrashFacts& facts) {
  const Access access = access_of(facts);
  for (const Rule& rule : kRules) {
    if (rule.family != kind.family) continue;
    if (rule.access != Access::kAny && rule.access != access) continue;
    if (facts.access_size.value_or(0) < rule.min_size) continue;
    if (fits(rule.where, facts)) return &rule;
  }
  return nullptr;
}

Severity step(Severity severity, int by) {
  const int moved = std::clamp(static_cast<int>(severity) + by, 0, static_cast<int>(Severity::kCritical));
  return static_cast<Severity>(moved);
}

void apply_rule(const Rule& rule, const CrashFacts& facts, Classification& out) {
  switch (rule.effect) {
    case Effect::kSet:
      out.severity = rule.severity;
      break;
    case Effect::kAtLeast:
      out.severity = worst(out.severity, rule.severity);
      break;
    case Effect::kRaise:
      out.severity = step(out.severity, 1);
      break;
  }
  if (rule.security) out.security = true;
  if (rule.where == Where::kNearNull) out.security = false;
  out.reasons.emplace_back(rule.reason);
  if (rule.cwe != 0) out.cwe.push_back(fmt::format("CWE-{}", rule.cwe));
  if (facts.access_size && *facts.access_size > 0) {
    out.reasons.push_back(
        fmt::format("The access is {} byte{} wide.", *facts.access_size, *facts.access_size == 1 ? "" : "s"));
  }
}

void apply_certainty(double reproducible, Classification& out) {
  for (const Certainty& row : kCertainties) {
    if (reproducible > row.at_most) continue;
    if (row.lower) out.severity = step(out.severity, -1);
    out.reasons.emplace_back(row.reason);
    return;
  }
}

}  // namespace

Classification classify(const CrashFacts& facts) {
  const Kind& kind = schema::kind_or_unknown(facts.kind);
  Classification out;
  out.severity = kind.severity;
  out.security = kind.security;
  const bool known = kind.name == facts.kind;
  if (known) {
    out.reasons.emplace_back(kind.description);
  } else {
    out.reasons.push_back(
        fmt::format("\"{}\" is not in the taxonomy: it is weighed as unknown.", facts.kind));
  }
  if (const Rule* rule = rule_for(kind, facts)) apply_rule(*rule, facts, out);
  for (std::uint16_t number : kind.cwes()) {
    std::string name = fmt::format("CWE-{}", number);
    if (std::find(out.cwe.begin(), out.cwe.end(), name) == out.cwe.end()) out.cwe.push_back(std::move(name));
  }
  if (facts.reproducible) apply_certainty(*facts.reproducible, out);
  out.title = title_of(facts);
  return out;
}

Severity worst(Severity a, Severity b) { return std::max(a, b); }

const Classification& worst(const Classification& a, const Classification& b) {
  if (a.severity != b.severity) return a.severity > b.severity ? a : b;
  return b.security && !a.security ? b : a;
}

}  // namespace fuzzmill::workers
