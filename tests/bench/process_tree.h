// What the processes of a tree use, out of /proc. Linux only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace fuzzmill::bench {

struct ProcessUse {
  pid_t pid = 0;
  std::string name;             // as /proc/PID/comm has it
  double cpu_seconds = 0;       // of all its threads that live
  std::uint64_t pss_bytes = 0;  // its own memory and its share of what it shares
};

// `root` and all that descend from it. Processes that end meanwhile are left out.
std::vector<ProcessUse> process_tree(pid_t root);

}  // namespace fuzzmill::bench
