// A process tree's use of the machine over an interval: two looks at /proc in, one resource.sample out. Pure.
#pragma once

#include <chrono>
#include <vector>

#include "producers/monitor/proc_stat.h"
#include "schema/event.h"

namespace fuzzmill::producers {

// A process tree as it was at one moment.
using ProcTree = std::vector<ProcStat>;

// Of all processes: `root`, what descends from it, and what is in the group that it leads (a child whose
// parent died is adopted by init, yet stays in the group).
ProcTree tree_of(const std::vector<ProcStat>& all, pid_t root);

struct ProcUnits {
  std::uint64_t ticks_per_second = 100;  // sysconf(_SC_CLK_TCK)
  std::uint64_t page_bytes = 4096;       // sysconf(_SC_PAGESIZE)
};

// Processor time from `before` to `after`, in ticks; never negative. One that appeared counts from its birth.
// One that vanished counts through its parent, which gets its time when it waits for it; what it used before
// `before` is taken off again. Time of one that nobody in the tree waited for is lost with it.
std::uint64_t ticks_between(const ProcTree& before, const ProcTree& after);

// The fields that /proc can tell; what the fuzzer says of itself is the caller's.
schema::ResourceSample sample(const ProcTree& before, const ProcTree& after,
                              std::chrono::milliseconds interval, const ProcUnits& units);

}  // namespace fuzzmill::producers
