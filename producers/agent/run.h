// `fuzzmill run`: one fuzzer under watch. Starts a libFuzzer target in a process group of its own, reads its
// log, collects its artifacts, publishes, and starts it again when it ends.
//
// Life cycle: run_target() returns when the stop token is triggered (SIGTERM of ours is the caller's to turn
// into one), when the fuzzer reached its own limit (-runs, -max_total_time: exit code 0), or when it is given
// up. Before it returns, the fuzzer's whole group has ended and the last artifacts are published.
// Threads: one target takes one thread, the caller's, which must live as long as the call: the fuzzer dies
// with the thread that started it, so that kill -9 of us leaves no fuzzer behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "producers/agent/supervise.h"
#include "producers/publish.h"
#include "schema/result.h"

namespace fuzzmill::producers {

// What bounds the work of one target.
struct RunLimits {
  std::chrono::milliseconds stop_grace{10'000};  // from SIGTERM to SIGKILL
  std::chrono::milliseconds evidence_wait{
      10'000};                       // an artifact of a living fuzzer waits so long for its report
  std::size_t snapshot_files = 256;  // attached to one corpus.snapshot
  std::uint64_t snapshot_file_bytes = 1u << 20;  // a larger corpus file is left out
  std::uint64_t snapshot_bytes = 8u << 20;       // all attached files together
};

struct RunOptions {
  std::string node;    // schema::valid_name()
  std::string target;  // schema::valid_name(); default_target_name(command) when the user gave none
  std::vector<std::string> command;  // the program and its arguments, as after `--`

  std::filesystem::path work_dir;      // ours: which artifacts were published; made when missing
  std::filesystem::path artifact_dir;  // where artifacts go when the command has no -artifact_prefix of its
                                       // own; empty: work_dir/artifacts. Made when missing.
  std::optional<std::filesystem::path> corpus_dir;  // default: the first folder among the arguments

  PublishEvent publish;           // see producers/publish.h
  std::string version;            // of fuzzmill, for heartbeats
  bool assume_libfuzzer = false;  // the program is a wrapper: do not look inside it for libFuzzer
  bool quiet = false;             // the fuzzer's output is read, and not passed on to our stderr and stdout

  std::chrono::milliseconds interval{30'000};  // of resource.sample
  std::chrono::milliseconds snapshot_interval{24LL * 3600 *
                                              1000};  // of corpus.snapshot; one more at stop. 0: none
  std::chrono::milliseconds heartbeat_interval{3600LL * 1000};
  RestartPolicy restart;
  RunLimits limits;
};

// The file name of the program, with what a name may not hold replaced by '-'.
std::string default_target_name(const std::vector<std::string>& command);

// Errors: kInvalid (options, or the program is no libFuzzer target), kNotFound and kDenied (the program or a
// folder), kUnavailable (crash loop without an artifact: given up; or crashes that could not be published,
// which stay on disk and are published by the next run).
schema::Status run_target(RunOptions options, std::stop_token stop);

}  // namespace fuzzmill::producers
