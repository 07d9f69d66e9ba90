#include "producers/monitor/oom.h"

#include <algorithm>
#include <csignal>

#include "producers/monitor/cgroup_memory.h"
#include "producers/monitor/small_file.h"

namespace fuzzmill::producers {
namespace {

std::uint64_t growth(const std::optional<std::uint64_t>& before, const std::optional<std::uint64_t>& after) {
  return before && after && *after > *before ? *after - *before : 0;
}

}  // namespace

OomCounts read_oom_counts(const MachineRoots& roots) {
  OomCounts counts;
  if (const auto text = read_small_file(roots.proc / "vmstat"))
    counts.machine = number_after(*text, "oom_kill");
  counts.cgroup = read_cgroup_oom_kills(roots);
  return counts;
}

std::uint64_t oom_kills_between(const OomCounts& before, const OomCounts& after) {
  return std::max(growth(before.machine, after.machine), growth(before.cgroup, after.cgroup));
}

bool probably_oom_killed(int signal, bool we_killed_it, std::uint64_t kills) {
  return signal == SIGKILL && !we_killed_it && kills > 0;
}

}  // namespace fuzzmill::producers
