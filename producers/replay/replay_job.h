// One replay on its way through the queue: between two attempts, or between two candidates of minimising.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "producers/replay/minimise.h"
#include "producers/replay/replay_queue.h"

namespace fuzzmill::producers {

struct ReplayJob {
  ReplayRequest request;
  std::vector<Attempt> attempts;
  // From here on of minimising.
  std::optional<Minimiser> minimiser;
  std::string identity;  // what the report of a candidate must have
  std::chrono::milliseconds spent{};
};

}  // namespace fuzzmill::producers
