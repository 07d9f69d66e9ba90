#include <algorithm>

#include "producers/monitor/target_state.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMostRates = 1'024;
// Phases fade with this half-life, so that what happened yesterday does not outvote today.
constexpr double kPhaseMemorySeconds = 3 * 3600.0;

}  // namespace

void TargetHistory::add(const TargetSample& sample) {
  if (last_ && sample.time <= last_->time) return;
  // What happened in a gap nobody saw (the agent slept, too): it counts as one ordinary interval at most.
  const Seconds passed = last_ ? std::min<Seconds>(sample.time - last_->time, policy_.most_gap) : Seconds(0);
  const bool busy = sample.cpu_percent >= policy_.idle_cpu_percent;
  const bool new_run = !last_ || sample.restarts != last_->restarts;
  if (new_run || sample.supervised != Supervised::kRunning) {
    idle_samples_ = 0, counter_silence_ = zero_exec_ = Seconds(0);
    executions_.reset();  // from one run to the next there is no speed
  }
  if (sample.supervised == Supervised::kRunning) {
    count_executions(sample, passed, busy);
    count_phases(sample, passed, busy);
  }
  last_ = sample;
}

void TargetHistory::count_executions(const TargetSample& sample, Seconds passed, bool busy) {
  const bool known_before = executions_.has_value();
  const bool changed = sample.executions && sample.executions != executions_;
  const bool rose = changed && known_before && *sample.executions > *executions_;
  if (rose) {
    const Seconds since = sample.time - executions_time_;
    // A line after a gap says nothing of the speed: how much of the gap the target ran is unknown.
    const bool seen_all = last_ && sample.time - last_->time <= policy_.most_gap;
    if (since.count() > 0 && seen_all) {
      rates_.push_back({sample.time, static_cast<double>(*sample.executions - *executions_) / since.count()});
    }
  }
  if (changed) executions_ = sample.executions, executions_time_ = sample.time;
  while (!rates_.empty() &&
         (rates_.size() > kMostRates || sample.time - rates_.front().time > policy_.slow_window)) {
    rates_.pop_front();
  }

  idle_samples_ = busy || changed || !last_ ? 0 : idle_samples_ + 1;
  counter_silence_ = changed || !sample.executions_live || sample.initialised == false
                         ? Seconds(0)
                         : counter_silence_ + (busy ? passed : Seconds(0));
  const bool zero = sample.executions == std::uint64_t{0} && sample.initialised != false;
  zero_exec_ = zero ? zero_exec_ + (busy ? passed : Seconds(0)) : Seconds(0);
}

void TargetHistory::count_phases(const TargetSample& sample, Seconds passed, bool busy) {
  // An engine whose lines nobody can read never says that it is initialised, nor any counter.
  if (sample.initialised && sample.executions && busy) {
    const double fade = 1.0 - passed.count() / kPhaseMemorySeconds;
    replaying_ *= std::max(fade, 0.0), fuzzing_ *= std::max(fade, 0.0);
    (*sample.initialised ? fuzzing_ : replaying_) += passed;
  }
  const bool new_path = sample.last_new_path && sample.last_new_path != new_path_;
  if (new_path) {
    new_path_ = sample.last_new_path;
    without_new_path_ = Seconds(0);
  } else if (busy && sample.initialised != false) {
    without_new_path_ += passed;
  }
}

}  // namespace fuzzmill::producers
