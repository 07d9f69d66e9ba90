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
};
LibfuzzerCommand parse_libfuzzer_command(const std::vector<std::string>& argv);

// The command with its artifacts sent to `folder`.
std::vector<std::string> with_artifact_folder(std::vector<std::string> argv,
                                              const std::filesystem::path& folder);

// What libFuzzer's exit codes mean, for runtime::explain().
std::span<const runtime::CodeMeaning> libfuzzer_codes();

// Looks for libFuzzer's own words in the file, so that a stripped program is recognised too. kNotFound,
// kDenied, and kInvalid when it is no such program.
schema::Status is_libfuzzer_program(const std::filesystem::path& program);

}  // namespace fuzzmill::producers
