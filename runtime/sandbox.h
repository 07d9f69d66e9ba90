// A program that nobody trusts, run once: bounded in time, CPU, memory, files, processes and output, away
// from the network and from our files where the kernel lets us, and nothing of it left when it is over.
//
//   we ── keeper (first process of its own pid namespace; subreaper without one) ── the program ── whatever
//   it starts
//
// The keeper is a fork of us that never executes anything: it makes the walls, starts the program, and when
// that ends kills and reaps whatever else lives, children that left their group and session too. When we die
// it dies, and a pid namespace dies with its keeper.
//
// Walls that are always there: limits of the process (never RLIMIT_AS: sanitizers map terabytes), memory,
// folder and number of processes watched from outside every few milliseconds, a session of its own, no new
// privileges, no capabilities, first in line for the kernel's OOM killer, no variable of our environment.
// Walls that the kernel has to allow are found out once, by probe_sandbox(); what is missing is said, and the
// run goes on without.
//
// Threads: all functions are thread safe. A run blocks its thread and belongs to it: when the thread ends, so
// does the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "runtime/child_process.h"
#include "runtime/head_tail.h"
#include "schema/result.h"

namespace fuzzmill::runtime {

// What this machine lets us do. All false is a valid value: the walls that are always there.
struct SandboxAbilities {
  bool user = false;         // the namespaces come with a user namespace, as for those who are not root
  bool pids = false;         // a pid namespace: nothing survives the keeper, and no other process is seen
  bool network = false;      // no network but a loopback of its own
  bool ipc = false;          // System V shared memory and queues of its own
  bool mounts = false;       // a mount namespace; the next three need it
  bool read_only = false;    // all files but those of the working folder are read-only
  bool private_tmp = false;  // /tmp, /run and /dev/shm are empty and its own
  bool fresh_proc = false;   // a /proc that shows its own processes only

  // For people: what is not had, in words. Empty: every wall stands.
  std::vector<std::string> missing() const;
  friend bool operator==(const SandboxAbilities&, const SandboxAbilities&) = default;
};

// Tries it out: starts a dozen processes that live for milliseconds. `base`: where working folders will be.
// Call it once, at start. Nothing is an error: what does not work is missing.
SandboxAbilities probe_sandbox(const std::filesystem::path& base);

struct SandboxLimits {
  std::chrono::milliseconds wall{60'000};      // not counting, up to four times as long, waits for a CPU
  std::chrono::seconds cpu{60};                // of one process, all its threads together
  std::uint64_t memory_bytes = 4096ull << 20;  // resident, all its processes together
  std::uint64_t file_bytes = 256ull << 20;     // of each file it writes, and of the working folder together
  std::uint64_t folder_entries = 10'000;       // files and folders it leaves in the working folder
  std::uint32_t processes = 64;                // at once
  std::uint32_t open_files = 1024;             // of one process
  std::size_t head_bytes = 256 * 1024;         // kept of the start of each output
  std::size_t tail_bytes = 256 * 1024;         // and of its end
  std::chrono::milliseconds poll{20};          // between two looks at it
};

enum class CpuPriority {
  kNormal,  // ours
  kNice,    // nice 10: about a tenth of a core that another program keeps busy
};

struct SandboxCommand {
  std::vector<std::string> argv;  // argv[0] as ChildProcess takes it, from our folder and our PATH
  std::vector<std::pair<std::string, std::string>> environment;  // all of it
  std::filesystem::path folder;  // its working folder, the one place it may write; absolute, without links
  std::filesystem::path stdin_file;  // empty: /dev/null
  CpuPriority priority = CpuPriority::kNormal;
};

// Why we ended it.
enum class SandboxStop {
  kNone,  // it ended by itself
  kWall,
  kCpu,  // a limit that the kernel keeps for us, by SIGXCPU
  kMemory,
  kFolder,     // it wrote more than the working folder may hold
  kProcesses,  // more of them than allowed
  kCaller,     // the stop token
};

struct SandboxRun {
  ExitStatus exit;  // SIGKILL when we ended it
  SandboxStop stop = SandboxStop::kNone;
  HeadTail out, err;
  std::chrono::milliseconds duration{};
  std::chrono::milliseconds cpu{};      // of all its processes, the keeper's too
  std::chrono::milliseconds waiting{};  // how long its first thread was ready to run and had no CPU
  std::uint64_t peak_rss_bytes = 0;     // the highest sum that was seen
};

// Runs it to its end.
// kInvalid: empty argv, a NUL in a text, or a folder that is not absolute. kNotFound, kDenied: program, input
// or folder are not there or not for us. kUnavailable: no process or file can be had now, a wall that stood
// in the probe does not, the keeper was killed (by the kernel's OOM killer; or by the program, where there
// is no pid namespace), or it was killed and hangs in the kernel, when it is left there after half a minute:
// trying later may help.
schema::Result<SandboxRun> run_sandboxed(const SandboxAbilities& abilities, const SandboxCommand& command,
                                         const SandboxLimits& limits, std::stop_token stop);

}  // namespace fuzzmill::runtime
