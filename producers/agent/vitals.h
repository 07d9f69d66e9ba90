// The signs of life of one target: what its processes use, what its engine says, the state that follows.
// One resource.sample for each look.
//
// Life cycle: made with the target, for all its runs. Threads: that of the target.
#pragma once

#include <chrono>
#include <optional>

#include "producers/agent/engine_feed.h"
#include "producers/engine/reading.h"
#include "producers/monitor/target_state.h"
#include "producers/monitor/tree_monitor.h"
#include "schema/event.h"

namespace fuzzmill::producers {

class Vitals {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `interval`: between two samples.
  Vitals(Engine engine, ProcessTable& processes, std::chrono::milliseconds interval);

  void run_started(Time now);
  void reading(const EngineReading& reading, const std::string& source, Time now);
  void source_ended(const std::string& source) { metrics_.ended(source); }
  void initialised() { initialised_ = true; }
  void uninstrumented() { uninstrumented_ = true; }

  // `root`: the target's first process, 0 while it has none; nothing: we cannot see, and judge no state.
  schema::ResourceSample sample(std::optional<pid_t> root, Supervised supervised, std::uint64_t crashes,
                                std::uint64_t restarts, Time now);
  // The process that the engine says it is, for a fuzzer that we did not start.
  std::optional<std::uint64_t> pid() const { return metrics_.total().pid; }
  const StateVerdict& verdict() const { return judge_.verdict(); }

 private:
  Engine engine_;
  EngineMetrics metrics_;
  TreeMonitor tree_;
  TargetJudge judge_;
  bool initialised_ = false, uninstrumented_ = false;
};

}  // namespace fuzzmill::producers
