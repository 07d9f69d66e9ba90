// Replays for all targets of a node, one after another and behind a budget.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "producers/agent/crash_desk.h"
#include "producers/agent/target_config.h"
#include "producers/engine/replay_command.h"

namespace fuzzmill::producers {

struct ReplayOrder {
  std::string target;
  ReplayCommand command;
  ReplayConfig config;
  std::filesystem::path input;
  std::string kind;  // crash, timeout, oom …: what counts as the same again
};

class Replayer {
 public:
  virtual ~Replayer() = default;
  // `done` is called once, on another thread. False: no more orders now. Threads: any.
  virtual bool order(ReplayOrder order, std::function<void(Replayed)> done) = 0;
};

}  // namespace fuzzmill::producers
