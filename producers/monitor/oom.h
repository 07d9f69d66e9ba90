// Kills by the kernel for want of memory: counters of the machine and of the agent's cgroup, and what their
// growth says of a process that ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace fuzzmill::producers {

// Where the machine's texts are; other folders of the same shape in tests.
struct MachineRoots {
  std::filesystem::path proc = "/proc";
  std::filesystem::path sys = "/sys";
};

// The machine's counter where there is one (Linux 4.13), and that of the agent's cgroup. Each counts since
// boot or the group's birth: only growth means anything.
struct OomCounts {
  std::optional<std::uint64_t> machine, cgroup;
};
OomCounts read_oom_counts(const MachineRoots& roots = {});

// Kills between two looks: of the machine, or of the cgroup where that is more (a container may see no
// other).
std::uint64_t oom_kills_between(const OomCounts& before, const OomCounts& after);

// Whether a process that ended by `signal` was probably killed for want of memory: it was SIGKILL, the
// supervisor had not sent it, and the kernel counted a kill between two looks around the end.
bool probably_oom_killed(int signal, bool we_killed_it, std::uint64_t kills);

}  // namespace fuzzmill::producers
