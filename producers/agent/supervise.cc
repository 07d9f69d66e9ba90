#include "producers/agent/supervise.h"

#include <fmt/format.h>

#include <algorithm>

namespace fuzzmill::producers {
namespace {

using std::chrono::milliseconds;

// first * 2^times, at most cap.
milliseconds doubled(milliseconds first, std::size_t times, milliseconds cap) {
  milliseconds delay = first;
  for (std::size_t i = 0; i < times && delay < cap; ++i) delay *= 2;
  return std::min(delay, cap);
}

// How many ends at the back are of a kind, up to the last healthy run.
template <class Is>
std::size_t streak(const RestartPolicy& policy, std::span<const RunEnd> ends, Is is) {
  std::size_t count = 0;
  for (auto end = ends.rbegin(); end != ends.rend() && end->lasted < policy.healthy && is(*end); ++end)
    ++count;
  return count;
}

}  // namespace

Decision decide(const RestartPolicy& policy, std::span<const RunEnd> ends) {
  const RunEnd& last = ends.back();
  if (last.clean) return {NextRun::kFinished, {}, false, "finished: it " + last.explanation};

  if (last.yield == RunYield::kNewArtifact) {
    const auto quick =
        streak(policy, ends, [](const RunEnd& end) { return end.yield == RunYield::kNewArtifact; });
    const auto delay = doubled(policy.found_first, quick > 0 ? quick - 1 : 0, policy.found_cap);
    return {NextRun::kRestart, delay, false, "found a crash"};
  }
  const auto failed =
      streak(policy, ends, [](const RunEnd& end) { return end.yield != RunYield::kNewArtifact; });
  if (failed == 0) return {NextRun::kRestart, policy.failed_first, false, last.explanation};

  const auto barren = streak(policy, ends, [](const RunEnd& end) { return end.yield == RunYield::kNothing; });
  if (policy.give_up_after > 0 && barren >= policy.give_up_after) {
    return {NextRun::kGiveUp,
            {},
            true,
            fmt::format("given up: ended {} times within {} s each and left no artifact; the last time it {}",
                        barren, std::chrono::duration_cast<std::chrono::seconds>(policy.healthy).count(),
                        last.explanation)};
  }
  const bool known = last.yield == RunYield::kKnownArtifact;
  return {NextRun::kRestart, doubled(policy.failed_first, failed - 1, policy.failed_cap),
          failed >= policy.looping_after,
          known ? "crashed on an input that is known already (is it in the corpus?)" : last.explanation};
}

std::size_t history_needed(const RestartPolicy& policy) {
  // 64 doublings of a millisecond are over every cap.
  return std::max<std::size_t>({policy.give_up_after, policy.looping_after, 64});
}

}  // namespace fuzzmill::producers
