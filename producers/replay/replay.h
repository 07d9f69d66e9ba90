// Runs a target once on one input, inside a sandbox, and says what came of it.
//
// Threads: thread safe; a run blocks its thread and ends with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "producers/engine/replay_command.h"
#include "producers/replay/attempt.h"
#include "producers/replay/verdict.h"
#include "runtime/sandbox.h"

namespace fuzzmill::producers {

// Of each attempt. A fuzzer's own limits can raise wall and memory, up to `most_wall` and four times the
// memory.
struct ReplayLimits {
  std::chrono::milliseconds wall{60'000};
  std::chrono::milliseconds most_wall{300'000};
  std::uint64_t memory_mb = 4096;           // resident, all its processes together
  std::uint64_t file_bytes = 256ull << 20;  // written: of each file and of all together
  std::uint64_t input_bytes = 64ull << 20;  // an input over it is not replayed
  std::uint32_t processes = 64;
  std::size_t report_head_bytes = 192 * 1024;
  std::size_t report_tail_bytes = 64 * 1024;
  TryPolicy tries;
};

// Where replays happen; the same for all of a process.
struct ReplayPlace {
  runtime::SandboxAbilities walls;  // of runtime::probe_sandbox(base)
  std::filesystem::path base;       // working folders are made, and removed, here
};

// The limits of the sandbox for this command. Pure. libFuzzer gets its own -timeout and time for the report;
// it has its own -rss_limit_mb and speaks before we kill. The kernel counts the CPU of all threads together,
// so `cores` of them may run all the time.
runtime::SandboxLimits sandbox_limits(const ReplayCommand& command, const ReplayLimits& limits,
                                      unsigned cores);

// The variables of the program. Pure. Of ours those few that a program needs to find libraries, programs and
// its language; then the command's; HOME and TMPDIR are the working folder.
Variables replay_environment(const Variables& ours, const Variables& of_command,
                             const std::filesystem::path& folder);

// The bytes are given to the program as a file of the working folder, whose name ends as `name` does ("a.png"
// → "input.png"), or on its standard input. Never fails: what cannot run is an attempt that says so.
Attempt replay_bytes(const ReplayPlace& place, const ReplayCommand& command, std::string_view bytes,
                     std::string_view name, const ReplayLimits& limits, runtime::CpuPriority priority,
                     std::stop_token stop);

// The same with the bytes of a regular file (links are not followed).
Attempt replay_once(const ReplayPlace& place, const ReplayCommand& command,
                    const std::filesystem::path& input, const ReplayLimits& limits,
                    runtime::CpuPriority priority, std::stop_token stop);

}  // namespace fuzzmill::producers
