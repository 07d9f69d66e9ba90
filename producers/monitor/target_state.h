// What state a target is in: pure functions of samples. Nothing here looks at a log's age: a mature libFuzzer
// target prints nothing for hours and is well. Time is monotonic, so neither a clock that jumps nor a laptop
// that slept changes a state.
//
//   TargetSample ──add()──► TargetHistory ──judge()──► StateVerdict ──held by TargetJudge──► state + reason
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/target_state.h"

namespace fuzzmill::producers {

// What whoever keeps the target alive says of it.
enum class Supervised : std::uint8_t {
  kRunning,       // its process should be there
  kWaiting,       // it ended and is started again in a moment
  kCrashLooping,  // it ended too often too soon
  kStopped,       // it should not be there
};

struct TargetSample {
  std::chrono::steady_clock::time_point time;
  std::uint64_t processes = 0;
  double cpu_percent = 0;  // of one core, of the whole process tree, since the sample before
  std::string states;      // one letter a process
  // The engine's counter, of all runs together or of this run alone; nothing while the engine has said none.
  std::optional<std::uint64_t> executions;
  // Whether the engine keeps that counter up to date by itself, at least once a minute (AFL++). libFuzzer
  // and honggfuzz do not: their counter may stand still for hours while they execute.
  bool executions_live = false;
  // Whether the seeds have been read; nothing when the engine does not tell.
  std::optional<bool> initialised;
  bool uninstrumented = false;  // the engine says so
  // Changes with each new path; only compared. Unix milliseconds will do.
  std::optional<std::uint64_t> last_new_path;
  Supervised supervised = Supervised::kRunning;
  std::uint64_t restarts = 0;
};

// Each threshold; policy_rows() has the reasons. Who samples less often than each 100 s raises most_gap.
struct JudgePolicy {
  std::uint64_t hold_samples = 3;
  std::chrono::seconds most_gap{300};
  double idle_cpu_percent = 1.0;
  std::uint64_t stalled_samples = 4;
  std::chrono::seconds live_counter_silence{900};
  std::chrono::seconds zero_exec_after{300};
  std::chrono::seconds replaying_after{1800};
  double replaying_share = 0.8;
  std::chrono::seconds plateau_after{24 * 3600};
  double slow_fraction = 0.1;
  std::chrono::seconds slow_window{6 * 3600};
  std::uint64_t slow_rates = 10;
};

struct PolicyRow {
  std::string_view name;     // of the threshold
  std::string value;         // as a person writes it
  std::string_view decides;  // the state, or "every state"
  std::string_view reason;
};
std::span<const PolicyRow> policy_rows();  // of the default policy

// What the judge remembers: a few numbers and the speeds of the last hours, at most 30 KB.
class TargetHistory {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Seconds = std::chrono::duration<double>;

  explicit TargetHistory(const JudgePolicy& policy = {}) : policy_(policy) {}

  void add(const TargetSample& sample);  // samples that are not later than the last one are left out

  struct Rate {
    Time time;
    double per_second = 0;
  };
  bool empty() const { return !last_.has_value(); }
  const TargetSample& last() const { return *last_; }
  const JudgePolicy& policy() const { return policy_; }
  std::uint64_t idle_samples() const { return idle_samples_; }    // in a row: no CPU, no execution
  Seconds counter_silence() const { return counter_silence_; }    // used the processor, a live counter stood
  Seconds zero_exec() const { return zero_exec_; }                // processor time while the counter was 0
  Seconds replaying() const { return replaying_; }                // of the last hours, before initialised
  Seconds fuzzing() const { return fuzzing_; }                    // of the last hours, after it
  Seconds without_new_path() const { return without_new_path_; }  // executing
  const std::deque<Rate>& rates() const { return rates_; }        // of the last hours, oldest first

 private:
  void count_executions(const TargetSample& sample, Seconds passed, bool busy);
  void count_phases(const TargetSample& sample, Seconds passed, bool busy);

  JudgePolicy policy_;
  std::optional<TargetSample> last_;
  std::uint64_t idle_samples_ = 0;
  Seconds counter_silence_{0}, zero_exec_{0}, replaying_{0}, fuzzing_{0}, without_new_path_{0};
  std::optional<std::uint64_t> executions_;  // at the last change
  Time executions_time_{};
  std::optional<std::uint64_t> new_path_;
  std::deque<Rate> rates_;
};

struct StateVerdict {
  schema::TargetState state = schema::TargetState::kRunning;
  std::string reason;  // a sentence with the numbers that decided
};

// The state as the history has it now, without hysteresis. Before the first sample: running.
StateVerdict judge(const TargetHistory& history);

// The state that is published: a change counts once it has held for policy.hold_samples samples; what the
// supervisor says (stopped, crash-looping) counts at once.
class TargetJudge {
 public:
  explicit TargetJudge(const JudgePolicy& policy = {}) : history_(policy) {}

  const StateVerdict& observe(const TargetSample& sample);  // the reason is of now, also when the state stays
  const StateVerdict& verdict() const { return verdict_; }
  std::uint64_t changes() const { return changes_; }  // of the state since the first sample

 private:
  TargetHistory history_;
  StateVerdict verdict_{schema::TargetState::kRunning, "it has not been watched yet"};
  schema::TargetState candidate_ = schema::TargetState::kRunning;
  std::uint64_t held_ = 0, changes_ = 0;
};

}  // namespace fuzzmill::producers
