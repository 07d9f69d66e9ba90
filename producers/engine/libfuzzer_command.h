// What a libFuzzer command line says that we must know, and how it is told where to put artifacts. Pure but
// for is_libfuzzer_program().
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/child_process.h"

namespace fuzzmill::producers {

struct LibfuzzerCommand {
  std::optional<std::string> artifact_prefix;  // of the last such flag, as libFuzzer takes it
  std::string exact_artifact_path;             // empty: none
  std::vector<std::string> operands;           // corpus folders, or inputs to replay
  bool many_processes = false;                 // -fork, -jobs: children find the crashes
  std::string merge_control;                   // -merge_control_file; empty: none
  std::uint64_t fork = 0;                      // processes; 0: no fork mode
  std::uint64_t jobs = 0;                      // 0: one run in this process
  bool merge = false;           // -merge=1, -set_cover_merge=1: it puts corpora together, it does not fuzz
  bool minimize_crash = false;  // -minimize_crash=1: the same
  std::vector<std::string> own_arguments;  // of the target: --x, and all after -ignore_remaining_args=1
};
LibfuzzerCommand parse_libfuzzer_command(const std::vector<std::string>& argv);

// The command with its artifacts sent to `folder`, whatever it said before: for one that says nothing of
// them.
std::vector<std::string> with_artifact_folder(std::vector<std::string> argv,
                                              const std::filesystem::path& folder);

// What libFuzzer's exit codes mean, for runtime::explain().
std::span<const runtime::CodeMeaning> libfuzzer_codes();

// -jobs=J writes the log of job K to fuzz-K.log in the working folder, where those of earlier runs lie too.
struct JobLog {
  std::string name;
  std::uint64_t job = 0;
};
struct FileSeen {
  std::string name;
  std::uint64_t modified_ms = 0;  // Unix time
};
// Of the files of the working folder, those that jobs of this run write: their number is below `jobs`, and
// they were written since `started_ms`, when the parent started. By number.
std::vector<JobLog> job_logs(const std::vector<FileSeen>& files, std::uint64_t jobs,
                             std::uint64_t started_ms);

// Looks for libFuzzer's own words in the file, so that a stripped program is recognised too. kNotFound,
// kDenied, and kInvalid when it is no such program.
schema::Status is_libfuzzer_program(const std::filesystem::path& program);

}  // namespace fuzzmill::producers
