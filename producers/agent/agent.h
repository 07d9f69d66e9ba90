// One daemon for a node: a thread for each target of its file, one for the machine, one for replays. A target
// that fails is tried again later and never takes another with it.
//
// Life cycle: run() from start to stop. reload() hands it a new list: what is gone or changed is stopped,
// what is new or changed is started, the rest is left alone. Threads: run() on the caller's; reload() and
// targets() from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "producers/agent/node_services.h"
#include "producers/agent/target_config.h"
#include "producers/engine/discover_proc.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct AgentOptions {
  bool discover = false;  // watch the fuzzers that others run on this machine
  std::chrono::milliseconds discover_every{15'000};
  std::string program;  // what runs below it is watched already; empty: this very program
  std::chrono::milliseconds retry{300'000};  // of a target that could not be started or was given up
};

class Agent {
 public:
  Agent(AgentOptions options, const NodeServices& node);
  ~Agent();

  void reload(std::vector<TargetConfig> targets);
  // Blocks until the stop is requested; every fuzzer that it started has ended then.
  void run(std::stop_token stop);

  struct TargetView {
    std::string name;
    bool running = false;
    std::string problem;  // why not
  };
  std::vector<TargetView> targets() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry;

  void apply();
  void discover_once();
  void start(Entry& entry);
  void stop_all();
  std::optional<Clock::time_point> next_retry() const;

  AgentOptions options_;
  FuzzerSearch search_;
  const NodeServices& node_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<std::vector<TargetConfig>> wanted_;  // of the last reload that was not applied yet
  std::map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace fuzzmill::producers
