#include "workers/classify/classify.h"

#include <fmt/format.h>

#include <algorithm>

#include "workers/classify/rules.h"
#include "workers/classify/title.h"

namespace fuzzmill::workers {
namespace {

using schema::Kind;
using schema::Severity;

Severity step(Severity severity, int by) {
  const int moved = std::clamp(static_cast<int>(severity) + by, 0, static_cast<int>(Severity::kCritical));
  return static_cast<Severity>(moved);
}

void add_cwe(std::uint16_t number, Classification& out) {
  if (number == 0) return;
  std::string name = fmt::format("CWE-{}", number);
  if (std::find(out.cwe.begin(), out.cwe.end(), name) == out.cwe.end()) out.cwe.push_back(std::move(name));
}

void apply(const Move& move, Classification& out) {
  switch (move.effect) {
    case Effect::kSet:
      out.severity = move.severity;
      break;
    case Effect::kAtLeast:
      out.severity = std::max(out.severity, move.severity);
      break;
    case Effect::kAtMost:
      out.severity = std::min(out.severity, move.severity);
      break;
    case Effect::kRaise:
      out.severity = step(out.severity, 1);
      break;
    case Effect::kLower:
      out.severity = step(out.severity, -1);
      break;
    case Effect::kLeave:
      break;
  }
  if (move.security != Security::kLeave) out.security = move.security == Security::kYes;
  out.reasons.emplace_back(move.reason);
  add_cwe(move.cwe, out);
}

void apply_rule(const Kind& kind, const CrashFacts& facts, Classification& out) {
  const Rule* rule = rule_for(kind, facts);
  if (rule == nullptr) return;
  apply(rule->move, out);
  if (facts.access_size.value_or(0) > 0) {
    out.reasons.push_back(
        fmt::format("The access is {} byte{} wide.", *facts.access_size, *facts.access_size == 1 ? "" : "s"));
  }
}

void apply_marks(const CrashFacts& facts, Classification& out) {
  schema::Marks marks = facts.marks;
  if (facts.pc && *facts.pc == 0) marks.add(schema::Mark::kNullPc);
  if (marks.empty()) return;
  for (const MarkRule& rule : mark_rules()) {
    if (marks.has(rule.mark)) apply(rule.move, out);
  }
}

void apply_override(const Override& entry, Classification& out) {
  std::string said;
  if (entry.severity) out.severity = *entry.severity, said = schema::severity_name(*entry.severity);
  if (entry.security) {
    out.security = *entry.security;
    said += fmt::format("{}{}", said.empty() ? "" : ", ", *entry.security ? "security" : "not security");
  }
  out.reasons.insert(out.reasons.begin(), fmt::format("The configuration says so of {}{}{}: {}.",
                                                      entry.kind == "*" ? "every kind" : entry.kind,
                                                      entry.access.empty() ? "" : " ", entry.access, said));
}

}  // namespace

Classification classify(const CrashFacts& facts, const Overrides& overrides) {
  const Kind& kind = schema::kind_or_unknown(facts.kind);
  Classification out;
  out.severity = kind.severity;
  out.security = kind.security;
  if (kind.name == facts.kind) {
    out.reasons.emplace_back(kind.description);
  } else {
    out.reasons.push_back(
        fmt::format("\"{}\" is not in the taxonomy: it is weighed as unknown.", facts.kind));
  }
  apply_rule(kind, facts, out);
  if (const SignalRule* rule = signal_rule_for(kind, facts)) apply(rule->move, out);
  apply_marks(facts, out);
  for (std::uint16_t number : kind.cwes()) add_cwe(number, out);
  if (facts.reproducible) apply(certainty_for(*facts.reproducible)->move, out);
  if (const Override* entry = overrides.find(facts.kind, facts.access)) apply_override(*entry, out);
  out.title = title_of(facts);
  return out;
}

Severity worst(Severity a, Severity b) { return std::max(a, b); }

const Classification& worst(const Classification& a, const Classification& b) {
  if (a.severity != b.severity) return a.severity > b.severity ? a : b;
  return b.security && !a.security ? b : a;
}

}  // namespace fuzzmill::workers
