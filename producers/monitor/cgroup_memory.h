// The memory of the cgroup that the agent is in, of version 1 and 2: what a container or a unit may have.
#pragma once

#include <cstdint>
#include <optional>

#include "producers/monitor/node_stat.h"
#include "producers/monitor/oom.h"

namespace fuzzmill::producers {

// The tightest limit from the agent's cgroup up, with what that group uses less the files that the kernel
// would give back first; nothing when no group on the way has one.
std::optional<Memory> read_cgroup_memory(const MachineRoots& roots);

// Kills within the agent's cgroup; nothing where it has no counter.
std::optional<std::uint64_t> read_cgroup_oom_kills(const MachineRoots& roots);

}  // namespace fuzzmill::producers
