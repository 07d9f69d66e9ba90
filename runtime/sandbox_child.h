// The inside of a sandbox: what the keeper and the program do between fork and exec. Everything here runs in
// a copy of a process with other threads, where nothing may be allocated and no lock taken: system calls
// only, on memory that was prepared before. runtime/sandbox.cc prepares it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/sandbox.h"

namespace fuzzmill::runtime {

// What went wrong on the way in.
enum class SandboxStep : int {
  kIds,        // mapping of users
  kMounts,     // taking the mounts out of the host's sight
  kReadOnly,   // making them read-only, with the working folder in its place
  kMask,       // covering /tmp and others
  kProc,       // a /proc of its own
  kStreams,    // standard input, output, error
  kPrivilege,  // giving up capabilities
  kFork,
  kFolder,
  kExecute,
};
const char* name_of(SandboxStep step);

// Everything the inside needs. The strings outlive the child's exec, since the child has a copy of them.
struct SandboxPlan {
  SandboxAbilities walls;
  std::string program;  // empty: a probe, which makes the walls and ends
  std::vector<std::string> environment;
  std::vector<char*> argv, envp;
  std::string folder;
  std::vector<std::string> masks;                // folders to cover, parents before children
  std::vector<std::string> folder_steps;         // `folder` and its parents, outermost first
  std::string uid_map, gid_map;                  // of /proc/self/uid_map
  int in = -1, out = -1, err = -1, report = -1;  // all above 9
  SandboxLimits limits;
  bool limit_processes = false;  // by RLIMIT_NPROC too
  CpuPriority priority = CpuPriority::kNormal;
  int nice = 0;  // ours, which the priority starts from
};

// What comes through the report pipe, in this order: a failure, or nothing; then the end, when the keeper
// lived to tell it.
struct SandboxMessage {
  enum class Kind : int { kFailed, kEnded };
  Kind kind = Kind::kFailed;
  SandboxStep step = SandboxStep::kIds;
  int number = 0;           // errno of the failure; or the wait status of the program
  long peak_kilobytes = 0;  // largest of its processes; 0: not known
};

// Starts the keeper; its pid in our namespace, or -1 and errno.
pid_t start_keeper(const SandboxPlan& plan);

}  // namespace fuzzmill::runtime
