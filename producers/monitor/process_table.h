// One look at /proc for all targets of an agent: whoever asks within a tick gets the look that the first
// one took.
//
// Life cycle: a ProcessTable is made once an agent and lent to every TreeMonitor. Threads: any; who comes
// while a look is taken waits for it (10 ms with 500 processes).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "producers/monitor/proc_sample.h"

namespace fuzzmill::producers {

using MonitorTime = std::chrono::steady_clock::time_point;

// What /proc had at one moment. Constant: any thread.
class ProcessLook {
 public:
  ProcessLook(std::vector<ProcStat> all, MonitorTime taken);

  const std::vector<ProcStat>& all() const { return all_; }
  MonitorTime taken() const { return taken_; }
  // As tree_of(): the root, what descends from it, and what is in the group that it leads; by pid.
  ProcTree tree(pid_t root) const;

 private:
  std::vector<ProcStat> all_;
  MonitorTime taken_;
  std::unordered_multimap<pid_t, std::size_t> children_, groups_;
  std::unordered_map<pid_t, std::size_t> pids_;
};

class ProcessTable {
 public:
  explicit ProcessTable(std::filesystem::path proc = "/proc",
                        std::chrono::milliseconds fresh = std::chrono::milliseconds(500));

  // A look that is at most `fresh` older than `now`.
  std::shared_ptr<const ProcessLook> look(MonitorTime now);
  const std::filesystem::path& proc() const { return proc_; }
  std::uint64_t looks() const;  // how often /proc was read

 private:
  std::filesystem::path proc_;
  std::chrono::milliseconds fresh_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ProcessLook> last_;
  std::uint64_t looks_ = 0;
};

}  // namespace fuzzmill::producers
