#include "producers/monitor/target_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace fuzzmill::producers {
namespace {

using schema::TargetState;
using Seconds = TargetHistory::Seconds;
using Found = std::optional<StateVerdict>;

std::string span_text(Seconds span) {
  const double s = span.count();
  if (s < 120) return fmt::format("{:.0f} s", s);
  if (s < 2 * 3600) return fmt::format("{:.0f} min", s / 60);
  return fmt::format("{:.1f} h", s / 3600);
}

// Every letter is one of `letters`, and there is one.
bool all_of(const std::string& states, std::string_view letters) {
  return !states.empty() && states.find_first_not_of(letters) == std::string::npos;
}

Found judge_supervision(const TargetHistory& history) {
  const TargetSample& last = history.last();
  switch (last.supervised) {
    case Supervised::kStopped:
      return StateVerdict{TargetState::kStopped, "its supervisor has stopped it"};
    case Supervised::kCrashLooping:
      return StateVerdict{
          TargetState::kCrashLooping,
          fmt::format("it was started again {} times and ends soon each time", last.restarts)};
    case Supervised::kWaiting:
      return StateVerdict{TargetState::kRunning, "it ended and is started again in a moment"};
    case Supervised::kRunning:
      return std::nullopt;
  }
  return std::nullopt;
}

Found judge_dead(const TargetHistory& history) {
  const TargetSample& last = history.last();
  if (last.processes == 0) return StateVerdict{TargetState::kDead, "it has no process"};
  if (all_of(last.states, "ZXx")) {
    return StateVerdict{TargetState::kDead, fmt::format("only zombies are left of it ({})", last.processes)};
  }
  return std::nullopt;
}

Found judge_stalled(const TargetHistory& history) {
  const TargetSample& last = history.last();
  const JudgePolicy& policy = history.policy();
  if (all_of(last.states, "TtZ")) {
    return StateVerdict{TargetState::kStalled,
                        fmt::format("all its processes are stopped by a signal (states {})", last.states)};
  }
  if (history.idle_samples() >= policy.stalled_samples) {
    return StateVerdict{
        TargetState::kStalled,
        fmt::format("no execution and {:.1f} % CPU over {} samples{}", last.cpu_percent,
                    history.idle_samples(),
                    all_of(last.states, "DZ") ? "; all its processes wait for a disk (D)" : "")};
  }
  if (history.counter_silence() >= policy.live_counter_silence) {
    return StateVerdict{TargetState::kStalled,
                        fmt::format("it used the processor for {} and its counter stands at {} executions",
                                    span_text(history.counter_silence()), last.executions.value_or(0))};
  }
  return std::nullopt;
}

Found judge_zero_exec(const TargetHistory& history) {
  if (history.last().uninstrumented) {
    return StateVerdict{TargetState::kZeroExec, "the engine says that the target is not instrumented"};
  }
  if (history.zero_exec() >= history.policy().zero_exec_after) {
    return StateVerdict{
        TargetState::kZeroExec,
        fmt::format("it used the processor for {} and executed nothing", span_text(history.zero_exec()))};
  }
  return std::nullopt;
}

Found judge_replaying(const TargetHistory& history) {
  const Seconds all = history.replaying() + history.fuzzing();
  if (history.replaying() < history.policy().replaying_after ||
      history.replaying() < history.policy().replaying_share * all) {
    return std::nullopt;
  }
  return StateVerdict{TargetState::kReplayingOnly,
                      fmt::format("{:.0f} % of the last {} went into reading seeds",
                                  100 * history.replaying() / all, span_text(all))};
}

Found judge_slow(const TargetHistory& history) {
  const JudgePolicy& policy = history.policy();
  const auto& rates = history.rates();
  if (rates.size() < std::max<std::uint64_t>(policy.slow_rates, 3)) return std::nullopt;
  std::vector<double> sorted;
  for (const auto& rate : rates) sorted.push_back(rate.per_second);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  // Between two lines of a silent engine there may be hours: one odd speed must not stand that long.
  double now = 0;
  for (auto rate = rates.end() - 3; rate != rates.end(); ++rate) now = std::max(now, rate->per_second);
  const double median = *middle;
  if (now >= policy.slow_fraction * median) return std::nullopt;
  return StateVerdict{TargetState::kSlow,
                      fmt::format("{:.1f} exec/s, where it was {:.1f} in the middle of the last {}", now,
                                  median, span_text(rates.back().time - rates.front().time))};
}

Found judge_plateau(const TargetHistory& history) {
  if (history.without_new_path() < history.policy().plateau_after) return std::nullopt;
  return StateVerdict{TargetState::kPlateau,
                      fmt::format("no new path in {} of fuzzing", span_text(history.without_new_path()))};
}

// The first that finds something decides.
constexpr std::array kJudges = {judge_supervision, judge_dead, judge_stalled, judge_zero_exec,
                                judge_replaying,   judge_slow, judge_plateau};

std::string running_reason(const TargetHistory& history) {
  const TargetSample& last = history.last();
  std::string reason = fmt::format("{:.0f} % CPU", last.cpu_percent);
  if (!history.rates().empty()) reason += fmt::format(", {:.1f} exec/s", history.rates().back().per_second);
  if (last.initialised == false) reason += ", reads its seeds";
  return reason;
}

// What the supervisor decided needs no proof by repetition.
bool counts_at_once(const TargetSample& sample) {
  return sample.supervised == Supervised::kStopped || sample.supervised == Supervised::kCrashLooping;
}

std::vector<PolicyRow> make_rows(const JudgePolicy& p) {
  const auto time = [](Seconds span) { return span_text(span); };
  return {
      {"hold", fmt::format("{} samples", p.hold_samples), "every state",
       "a state that lasts for one look is no news; what the supervisor says counts at once"},
      {"longest gap", time(p.most_gap), "every state",
       "when the agent itself slept or was stopped, nobody saw the target meanwhile"},
      {"idle CPU", fmt::format("{:.0f} %", p.idle_cpu_percent), "stalled",
       "of one core: a fuzzer that waits for slow input still uses more"},
      {"idle samples", fmt::format("{}", p.stalled_samples), "stalled",
       "in a row without CPU and without an execution; a slow unit uses CPU"},
      {"live counter stands", time(p.live_counter_silence), "stalled",
       "only where the engine writes its counter by itself (AFL++, each minute); libFuzzer's silence is no "
       "sign, its pulses come at powers of two"},
      {"CPU without executions", time(p.zero_exec_after), "zero-exec",
       "the counter says 0 and the seeds are read: nothing is fuzzed, whatever the log says"},
      {"reading seeds", time(p.replaying_after), "replaying-only",
       "a large corpus takes minutes; half an hour of it is no start any more"},
      {"share of reading seeds", fmt::format("{:.0f} %", 100 * p.replaying_share), "replaying-only",
       "restarts that read all seeds each time leave nothing for fuzzing"},
      {"no new path", time(p.plateau_after), "plateau", "information, not a fault: while it executes"},
      {"slow", fmt::format("{:.0f} %", 100 * p.slow_fraction), "slow",
       "of its own median speed: targets differ by thousands, a target does not"},
      {"speeds remembered", time(p.slow_window), "slow",
       "a corpus that grows slows a target over days, which is no fault"},
      {"speeds needed", fmt::format("{}", p.slow_rates), "slow", "fewer make no median"},
  };
}

}  // namespace

std::span<const PolicyRow> policy_rows() {
  static const std::vector<PolicyRow> rows = make_rows({});
  return rows;
}

StateVerdict judge(const TargetHistory& history) {
  if (history.empty()) return {TargetState::kRunning, "it has not been watched yet"};
  for (const auto judge_one : kJudges) {
    if (auto found = judge_one(history)) return *std::move(found);
  }
  return {TargetState::kRunning, running_reason(history)};
}

const StateVerdict& TargetJudge::observe(const TargetSample& sample) {
  history_.add(sample);
  StateVerdict now = judge(history_);
  if (now.state == verdict_.state) {
    candidate_ = verdict_.state, held_ = 0;
    verdict_.reason = std::move(now.reason);
    return verdict_;
  }
  held_ = now.state == candidate_ ? held_ + 1 : 1;
  candidate_ = now.state;
  if (held_ >= history_.policy().hold_samples || counts_at_once(sample)) {
    verdict_ = std::move(now);
    held_ = 0;
    ++changes_;
  }
  return verdict_;
}

}  // namespace fuzzmill::producers
