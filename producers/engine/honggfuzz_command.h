// What a honggfuzz command line says that we must know. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "producers/engine/sanitizer_options.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct HonggfuzzCommand {
  std::string input;                   // -i
  std::string output;                  // -o: corpus; empty: new inputs are added to `input`
  std::string workspace = ".";         // -W
  std::string crash_folder;            // --crashdir; empty: the workspace
  std::string report;                  // -R; empty: HONGGFUZZ.REPORT.TXT of the workspace
  std::string stats_file;              // --statsfile; empty: none is written
  std::string log_file;                // -l; empty: standard error
  std::string dynamic_input;           // --dynamic_input
  std::string extension = "fuzz";      // -e
  std::uint64_t timeout_s = 1;         // -t, its default
  std::uint64_t rss_limit_mb = 0;      // --rlimit_rss; 0: none
  bool verbose = false;                // -v: lines instead of a screen
  bool input_on_stdin = false;         // -s
  bool persistent = false;             // -P; without it honggfuzz finds out from the target's file
  bool sanitizers = false;             // -S
  bool save_all = false;               // -u: names carry a time and a pid
  bool save_timeouts = false;          // -T: SIGVTALRM
  bool verifier = false;               // -V: with no mutations the names of inputs are kept as they are
  bool minimize = false;               // -M: it works on its corpus, it does not fuzz
  std::optional<int> crash_exit_code;  // --exit_code_upon_crash: its own code then, no target's
  Variables target_environment;        // -E
  std::vector<std::string> target;     // the target's command; ___FILE___ stands for the input

  bool file_argument = false;  // ___FILE___ is in `target`

  std::filesystem::path crash_path() const { return crash_folder.empty() ? workspace : crash_folder; }
  std::filesystem::path report_path() const;
  // Sanitizer reports are in files of this name with .PID behind; not deleted unless the user says so.
  std::filesystem::path sanitizer_log_prefix() const {
    return std::filesystem::path(workspace) / "HF.sanitizer.log";
  }
};

// Relative paths are relative to honggfuzz's working folder. kInvalid: no target.
schema::Result<HonggfuzzCommand> parse_honggfuzz_command(const std::vector<std::string>& argv);

// Where to put what the user said nothing about; empty: not asked for.
struct HonggfuzzOutput {
  std::filesystem::path workspace;
  std::filesystem::path stats_file;
  std::filesystem::path dynamic_input;
  bool lines = false;  // -v, when it has none of -v, -q and -l
};
// Nothing that the user set is changed.
std::vector<std::string> with_honggfuzz_output(std::vector<std::string> argv, const HonggfuzzOutput& output);

}  // namespace fuzzmill::producers
