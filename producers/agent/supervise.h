// When a fuzzer that ended is started again. A pure function of the exits so far.
//
//   exit code 0                     it reached a limit the user set: finished
//   a new artifact                  libFuzzer ends at each crash, that is its way: again at once; when it
//   finds
//                                   one within seconds each time, a little slower each time
//   a known artifact, quickly       a crashing file in the corpus: again, later and later; crash-looping
//   no artifact, quickly            it cannot run: later and later; crash-looping, at last given up
//   any end after a healthy run     as if it were the first
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "producers/evidence/run_yield.h"

namespace fuzzmill::producers {

struct RestartPolicy {
  std::chrono::milliseconds healthy{30'000};      // a run of at least so long clears the history
  std::chrono::milliseconds found_first{250};     // delay after a new artifact; doubles …
  std::chrono::milliseconds found_cap{10'000};    // … up to here
  std::chrono::milliseconds failed_first{1'000};  // delay after a quick end without a new artifact; doubles …
  std::chrono::milliseconds failed_cap{300'000};  // … up to here
  std::size_t looping_after = 3;                  // quick ends without a new artifact in a row: crash-looping
  std::size_t give_up_after = 10;  // quick ends without any artifact in a row: given up; 0: never
  friend bool operator==(const RestartPolicy&, const RestartPolicy&) = default;
};

// One run of the fuzzer that ended.
struct RunEnd {
  std::chrono::milliseconds lasted{0};
  RunYield yield = RunYield::kNothing;
  bool clean = false;       // exit code 0
  std::string explanation;  // "exited with code 1"
};

enum class NextRun { kRestart, kFinished, kGiveUp };

struct Decision {
  NextRun next = NextRun::kRestart;
  std::chrono::milliseconds delay{0};  // of kRestart
  bool crash_looping = false;
  std::string reason;  // for people
};

// `ends`: the ends of the runs so far, oldest first, at least one.
Decision decide(const RestartPolicy& policy, std::span<const RunEnd> ends);

// How many of the latest ends decide() can tell apart; older ones may be forgotten.
std::size_t history_needed(const RestartPolicy& policy);

}  // namespace fuzzmill::producers
