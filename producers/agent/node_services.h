// What all targets of a node share. Values and references that outlive every target; all safe from any
// thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "producers/monitor/process_table.h"
#include "producers/outbox.h"

namespace fuzzmill::producers {

class CorpusService;
class Replayer;

struct NodeServices {
  std::string node;                // schema::valid_name()
  std::string version;             // of fuzzmill
  std::filesystem::path work_dir;  // ours; each target has a folder in it
  Outbox* outbox = nullptr;
  ProcessTable* processes = nullptr;
  Replayer* replayer = nullptr;                // none: nothing is replayed
  CorpusService* corpora = nullptr;            // none: no snapshots, nothing is shared
  std::chrono::milliseconds interval{30'000};  // of resource.sample
  std::chrono::milliseconds heartbeat{3600'000};
  std::uint64_t pending_bytes = 1u << 30;  // crashes that wait for their replay, of one target
  bool pass_output = false;                // what the fuzzer says goes to our own outputs, too
  std::function<void(const std::string& target, const std::string& text)> say;  // to people
};

}  // namespace fuzzmill::producers
