// The node's own signs of life: a heartbeat at start, each hour and at the stop; a resource.sample of the
// machine (no target) at each interval.
//
// Life cycle: its thread lives from start to the destructor, which says the last word. Threads: any.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "producers/agent/node_services.h"

namespace fuzzmill::producers {

class NodeWatch {
 public:
  // `folders`: whose disks are watched.
  NodeWatch(const NodeServices& node, std::vector<std::filesystem::path> folders);
  ~NodeWatch();
  NodeWatch(const NodeWatch&) = delete;
  NodeWatch& operator=(const NodeWatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  void run(std::vector<std::filesystem::path> folders);
  void publish(schema::Body body);
  void heartbeat(const char* reason, const char* state = "running");

  const NodeServices& node_;
  Clock::time_point begun_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fuzzmill::producers
