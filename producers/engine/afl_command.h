// What an afl-fuzz command line and its environment say that we must know. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "producers/engine/sanitizer_options.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct AflCommand {
  std::string input;                 // -i; "-" with in_place_resume
  std::string output;                // -o; empty: not given
  bool in_place_resume = false;      // -i -, or AFL_AUTORESUME: crashes/ of before is renamed to crashes.DATE
  std::string instance = "default";  // the folder below `output`: the name of -M or -S
  bool main = false;
  bool secondary = false;
  std::vector<std::string> foreign_folders;  // -F
  std::string extension;                     // -e, without its dot: ends the names of inputs
  std::string input_file;                    // -f: where the target finds its input
  std::optional<std::uint64_t> timeout_ms;   // -t; of 500+ too
  std::string memory_limit;                  // -m as given
  std::optional<std::uint64_t> seconds;      // -V: it ends by itself then
  std::optional<std::uint64_t> executions;   // -E: the same
  char mode = 0;                    // Q qemu, U unicorn, O frida, W wine, X/Y nyx, A coresight; 0 native
  std::vector<std::string> target;  // the target's command; @@ stands for the input
  bool input_on_stdin = true;       // no @@ in `target`, and no -f

  // From the environment.
  bool sha1_names = false;              // AFL_SHA1_FILENAMES
  std::optional<int> crash_exit_code;   // AFL_CRASH_EXITCODE
  std::string preload;                  // AFL_PRELOAD: LD_PRELOAD of the target
  Variables target_environment;         // AFL_TARGET_ENV
  std::uint64_t stats_interval_s = 60;  // AFL_FUZZER_STATS_UPDATE_INTERVAL

  std::filesystem::path instance_folder() const { return std::filesystem::path(output) / instance; }
};

// kInvalid: no target, or an instance's name that is a path.
schema::Result<AflCommand> parse_afl_command(const std::vector<std::string>& argv, const GetVariable& get);

// Adds -o FOLDER when the command has none; nothing that the user set is changed.
std::vector<std::string> with_afl_output(std::vector<std::string> argv, const std::filesystem::path& folder);

// Adds -S INSTANCE when the command has neither -M nor -S, so that it reads the queues beside its own. (-M
// would make it choose and trim differently.)
std::vector<std::string> with_afl_instance(std::vector<std::string> argv, const std::string& instance);

// What to add to the environment of afl-fuzz when its output is a log: no screen, no colours. Sanitizer
// options are AFL's own business: with a set of options that it does not like it refuses to start.
Variables afl_variables(const GetVariable& get);

}  // namespace fuzzmill::producers
