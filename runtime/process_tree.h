// What a process and all that descend from it use now, read from /proc. For a tree that changes while it is
// read the figures are near, not exact. Bounded: of a tree over `max_processes` the rest is not looked at.
// Thread safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace fuzzmill::runtime {

// The processes below `root`, nearest first; `root` itself is not among them.
std::vector<pid_t> descendants(pid_t root, std::size_t max_processes);

// Bytes; what processes share is counted once for each. 0: gone.
std::uint64_t resident_bytes(pid_t pid);

// Bytes, what is shared counted in parts, so that the sum over a tree is true; slow (the kernel walks the
// page tables). Nothing: the kernel does not tell us.
std::optional<std::uint64_t> proportional_bytes(pid_t pid);

// It is a fork that has not executed a program yet: its memory is a copy of its parent's. False: gone.
bool is_bare_fork(pid_t pid);

// How long its first thread has been ready to run while others had the CPU. 0: the kernel does not tell.
std::chrono::nanoseconds waited_for_cpu(pid_t pid);

}  // namespace fuzzmill::runtime
