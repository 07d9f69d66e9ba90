#include "workers/classify/priority.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace fuzzmill::workers {
namespace {

constexpr std::array<double, 4> kSeverityWeights = {1, 4, 16, 64};  // in the order of Severity
constexpr double kLeastReproducible = 0.25;
constexpr double kLeastNew = 0.5;
constexpr double kHalfLifeDays = 7;
constexpr double kSpreadOfDoubling = 0.25;
constexpr double kMostSpread = 2;
constexpr double kDayMs = 86'400'000;

double days_old(const PriorityFacts& facts, std::uint64_t now_ms) {
  const std::uint64_t since = facts.returned ? facts.last_seen_ms : facts.first_seen_ms;
  return since >= now_ms ? 0 : static_cast<double>(now_ms - since) / kDayMs;
}

double doublings(std::uint64_t count) {
  return std::log2(static_cast<double>(std::max<std::uint64_t>(1, count)));
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

Priority priority_of(const PriorityFacts& facts, std::uint64_t now_ms) {
  const auto tries = static_cast<double>(facts.replays);
  const auto crashed = static_cast<double>(std::min(facts.reproduced, facts.replays));
  Priority out;
  out.severity = kSeverityWeights[static_cast<std::size_t>(facts.severity)];
  out.reproducibility = kLeastReproducible + (1 - kLeastReproducible) * (crashed + 1) / (tries + 2);
  out.newness = kLeastNew + (1 - kLeastNew) * std::exp2(-days_old(facts, now_ms) / kHalfLifeDays);
  out.spread =
      std::min(kMostSpread, 1 + kSpreadOfDoubling * (doublings(facts.nodes) + doublings(facts.targets)));
  out.value = out.severity * out.reproducibility * out.newness * out.spread;
  return out;
}

std::string_view priority_formula() {
  return "priority = severity (LOW 1, MEDIUM 4, HIGH 16, CRITICAL 64) "
         "× reproducibility (0.25 + 0.75 × (n + 1) / (m + 2), n of m replays crashed again) "
         "× newness (0.5 + 0.5 × 2^(-days / 7) since it was new or returned) "
         "× spread (1 + 0.25 × log2(nodes) + 0.25 × log2(targets), at most 2)";
}

std::string explain_priority(const PriorityFacts& facts, const Priority& priority, std::uint64_t now_ms) {
  const std::string replays =
      facts.replays == 0 ? std::string("not replayed")
                         : fmt::format("{} of {} crashed again", std::min(facts.reproduced, facts.replays),
                                       counted(facts.replays, "replay"));
  return fmt::format("{:.3g} = {:g} ({}) × {:.2f} ({}) × {:.2f} ({} {:.1f} days ago) × {:.2f} ({}, {})",
                     priority.value, priority.severity, schema::severity_name(facts.severity),
                     priority.reproducibility, replays, priority.newness, facts.returned ? "returned" : "new",
                     days_old(facts, now_ms), priority.spread, counted(facts.nodes, "node"),
                     counted(facts.targets, "target"));
}

}  // namespace fuzzmill::workers
