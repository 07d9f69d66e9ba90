// honggfuzz's log of -v, on standard error or in -l FILE: lines that mostly carry no time. Pure.
//
// The target's own output is mixed in, and hostile. Without -v honggfuzz draws a screen: nothing is read of
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "producers/engine/line_cutter.h"
#include "producers/engine/reading.h"

namespace fuzzmill::producers {

struct HonggfuzzSaved {
  std::string path;        // as printed
  bool duplicate = false;  // not saved: a file of that name is there
};
struct HonggfuzzTargetStarted {
  std::uint64_t pid = 0;  // of a persistent target
};
struct HonggfuzzTargetEnded {
  std::uint64_t pid = 0;
  std::optional<int> signal;
};
struct HonggfuzzTimeout {
  std::uint64_t pid = 0;
};
// 1 dry run: the seeds are replayed, 2 minimisation, 3 fuzzing.
struct HonggfuzzPhase {
  std::uint64_t phase = 0;
};
struct HonggfuzzSummary {
  EngineReading reading;                     // executions, speed, hangs
  std::optional<std::uint64_t> all_crashes;  // with those seen again, which are not saved
};

using HonggfuzzEvent = std::variant<HonggfuzzSaved, HonggfuzzTargetStarted, HonggfuzzTargetEnded,
                                    HonggfuzzTimeout, HonggfuzzPhase, HonggfuzzSummary>;

class HonggfuzzLog {
 public:
  void feed(std::string_view chunk, std::vector<HonggfuzzEvent>& events);
  // The process and its log ended. Ready for the next run then.
  void finish(std::vector<HonggfuzzEvent>& events);

  // What its lines add up to so far: coverage, crashes saved, hangs. No executions: only the summary has
  // them.
  const EngineReading& reading() const { return reading_; }
  bool initialised() const { return phase_ >= 3; }

 private:
  void take_line(std::string_view line, std::vector<HonggfuzzEvent>& events);

  LineCutter lines_;
  EngineReading reading_;
  std::uint64_t phase_ = 0;
};

}  // namespace fuzzmill::producers
