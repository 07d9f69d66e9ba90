// From a fuzzer's command to the one that runs a single input, with reports worth reading. Pure.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "producers/engine/engine.h"
#include "producers/engine/program_words.h"
#include "producers/engine/sanitizer_options.h"
#include "schema/result.h"

namespace fuzzmill::producers {

// What the fuzzer was started as.
struct ReplaySource {
  Engine engine = Engine::kLibfuzzer;
  std::vector<std::string> command;  // of recognise(): without wrappers
  GetVariable get;                   // the fuzzer's environment
  std::filesystem::path
      working_dir;     // the fuzzer's; what is relative in its options and program is made absolute
  ProgramWords words;  // words_of_program() of the target; all false when not looked at
  std::optional<std::filesystem::path> symbolizer;
};

struct ReplayCommand {
  // "@@" stands for the path of the input: as an argument of its own, or within one where the fuzzer's
  // command had it so (--in=@@). See with_input().
  std::vector<std::string> argv;
  bool input_on_stdin = false;  // no @@ then
  // In place of, or beside, the fuzzer's own. Reports go to standard error: a log_path of the user's is left
  // out.
  Variables environment;
  std::vector<int> crash_codes;               // exit codes that are a crash even without a report
  std::optional<std::uint64_t> timeout_ms;    // the fuzzer's own limit for one input
  std::optional<std::uint64_t> rss_limit_mb;  // the fuzzer's own limit
};

// libFuzzer: the program, its flags that decide the verdict, the file. AFL and honggfuzz: the target's
// command. Sanitizer options: those of the user that change the verdict are kept; AFL's and honggfuzz's own
// stand where the user set none; those that make a report are set. kInvalid: there is no such command: the
// target takes its input in a way that we cannot give it; says which.
schema::Result<ReplayCommand> replay_command(const ReplaySource& source);

// The command with `input` in the place of @@.
std::vector<std::string> with_input(std::vector<std::string> argv, const std::filesystem::path& input);

}  // namespace fuzzmill::producers
