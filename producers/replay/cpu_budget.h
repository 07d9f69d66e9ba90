// How much CPU replays may take from fuzzing: a share of one core, averaged over a window. Pure: time is an
// argument. Not thread safe.
//
// A token bucket whose burst and rate together stay within the share: in no window more is spent than share ×
// window, but for what was already running when the bucket ran dry.
#pragma once

#include <chrono>

namespace fuzzmill::producers {

struct CpuBudgetOptions {
  double share = 0.5;  // of one core; 0: no bound
  std::chrono::seconds window{600};
};

class CpuBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  CpuBudget(const CpuBudgetOptions& options, Time now);

  bool may_start(Time now);
  // When may_start() will be true again, if nothing is charged until then; not before `now`.
  Time next(Time now);
  // After the fact: what something costs is not known before. The debt is waited for.
  void charge(std::chrono::milliseconds cpu, Time now);

 private:
  void refill(Time now);

  double rate_;      // CPU seconds a second
  double capacity_;  // CPU seconds
  double left_;      // below 0: debt
  Time filled_;
};

}  // namespace fuzzmill::producers
