// Watches one target's process tree: each sample() is what it used since the last one.
//
// Life cycle: made when a target begins to be watched, used until it ends; the target's processes may come
// and go meanwhile. Borrows the table. Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "producers/monitor/process_table.h"
#include "schema/event.h"

namespace fuzzmill::producers {

struct TreeMonitorOptions {
  std::uint64_t pss_every = 10;  // PSS is read in each so-many-th sample: five minutes at one each 30 s
  ProcUnits units;
  bool alone = false;  // the root without its descendants: an agent's own use, without its fuzzers'
};

class TreeMonitor {
 public:
  TreeMonitor(ProcessTable& table, TreeMonitorOptions options);  // units: proc_units()

  // `root` is the target's first process, or 0 while it has none. Fills interval_ms, cpu_percent, rss_mb,
  // threads, processes, states, zombies, and where they may be read fds and pss_mb (the last that was read);
  // what the fuzzer says of itself is the caller's. The first sample has no CPU: there is nothing to compare.
  schema::ResourceSample sample(pid_t root, MonitorTime now);

  // Processor time since the first sample, in ticks; it never falls.
  std::uint64_t ticks() const { return ticks_; }

 private:
  void ask_members(ProcTree& tree, schema::ResourceSample& sample);

  ProcessTable& table_;
  TreeMonitorOptions options_;
  ProcTree before_;
  std::optional<MonitorTime> before_time_;
  std::optional<double> pss_mb_;
  std::uint64_t samples_ = 0, ticks_ = 0;
};

}  // namespace fuzzmill::producers
