#include "producers/engine/replay_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "producers/engine/afl_command.h"
#include "producers/engine/honggfuzz_command.h"
#include "producers/engine/left_scan.h"
#include "producers/engine/libfuzzer_command.h"
#include "producers/engine/replay_options.h"

namespace fuzzmill::producers {
namespace {

constexpr std::string_view kMark = "@@";
constexpr std::string_view kHonggfuzzMark = "___FILE___";

// libFuzzer's flags that decide whether an input is a finding, and which.
constexpr std::array<std::string_view, 13> kVerdictFlags{
    "rss_limit_mb", "malloc_limit_mb", "timeout",         "detect_leaks", "handle_abrt",
    "handle_bus",   "handle_fpe",      "handle_ill",      "handle_segv",  "handle_int",
    "handle_term",  "handle_xfsz",     "handle_winexcept"};

// Exit codes that AFL takes for a crash: of MSan as AFL sets it up, and of LSan.
constexpr std::array<int, 2> kAflCrashCodes{86, 23};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// A program given by a path is found from any folder then; a bare name is looked up in PATH as before.
void anchor_program(std::vector<std::string>& argv, const std::filesystem::path& working_dir) {
  if (holds(argv.front(), "/")) argv.front() = (working_dir / argv.front()).lexically_normal().string();
}

schema::Result<ReplayCommand> of_libfuzzer(const ReplaySource& source) {
  const auto parsed = parse_libfuzzer_command(source.command);
  ReplayCommand replay;
  replay.argv.push_back(source.command.front());
  for (std::size_t i = 1; i < source.command.size(); ++i) {
    LeftScan scan(source.command[i]);
    if (!scan.take("-")) continue;
    const auto name = scan.until("=");
    if (name == "ignore_remaining_args") break;
    if (!scan.take("=") || std::find(kVerdictFlags.begin(), kVerdictFlags.end(), name) == kVerdictFlags.end())
      continue;
    replay.argv.push_back(source.command[i]);
    const auto value = whole_number(scan.rest());
    if (name == "timeout" && value && *value < 1'000'000) replay.timeout_ms = *value * 1000;
    if (name == "rss_limit_mb") replay.rss_limit_mb = value;
  }
  replay.argv.emplace_back(kMark);
  if (!parsed.own_arguments.empty()) {
    replay.argv.emplace_back("-ignore_remaining_args=1");
    for (const auto& argument : parsed.own_arguments) {
      if (holds(argument, kMark))
        return schema::invalid(fmt::format(
            "an argument of the target holds {}, which stands for the input: {}", kMark, argument));
      replay.argv.push_back(argument);
    }
  }
  return replay;
}

// -f FILE: the target reads that very file, so that is where the mark goes.
schema::Status mark_input_file(const std::string& file, std::vector<std::string>& argv) {
  bool marked = false;
  for (auto& argument : argv) {
    if (argument == file) argument = kMark, marked = true;
  }
  if (marked) return {};
  return schema::invalid(fmt::format(
      "afl-fuzz -f {}: the target reads that file without being told its name, so an input cannot be "
      "given to it alone; name it as an argument, or write @@",
      file));
}

// An aflpp_driver takes -N, how many runs to make before it ends.
bool is_run_count(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-' && whole_number(std::string_view(argument).substr(1));
}

// libFuzzer's main and AFL++'s driver for such targets take input files.
void add_file_argument(std::vector<std::string>& argv) {
  argv.erase(std::remove_if(argv.begin() + 1, argv.end(), is_run_count), argv.end());
  argv.emplace_back(kMark);
}

schema::Result<ReplayCommand> of_afl(const ReplaySource& source) {
  auto parsed = parse_afl_command(source.command, source.get);
  if (!parsed) return std::move(parsed).error();
  if (parsed->mode != 0 && parsed->mode != 'Q' && parsed->mode != 'O')
    return schema::invalid(fmt::format("afl-fuzz -{}: its target does not run outside of AFL", parsed->mode));
  ReplayCommand replay;
  replay.argv = parsed->target;
  replay.timeout_ms = parsed->timeout_ms;
  replay.crash_codes.assign(kAflCrashCodes.begin(), kAflCrashCodes.end());
  if (parsed->crash_exit_code) replay.crash_codes.push_back(*parsed->crash_exit_code);
  if (!parsed->preload.empty()) replay.environment.emplace_back("LD_PRELOAD", parsed->preload);
  for (const auto& variable : parsed->target_environment) replay.environment.push_back(variable);
  const bool marked = std::any_of(replay.argv.begin(), replay.argv.end(),
                                  [](const std::string& argument) { return holds(argument, kMark); });
  if (marked) return replay;
  if (!parsed->input_file.empty()) {
    if (auto done = mark_input_file(parsed->input_file, replay.argv); !done) return std::move(done).error();
  } else if (source.words.libfuzzer || source.words.afl_driver) {
    add_file_argument(replay.argv);
  } else {
    replay.input_on_stdin = true;
  }
  return replay;
}

schema::Result<ReplayCommand> of_honggfuzz(const ReplaySource& source) {
  auto parsed = parse_honggfuzz_command(source.command);
  if (!parsed) return std::move(parsed).error();
  ReplayCommand replay;
  replay.timeout_ms = std::min<std::uint64_t>(parsed->timeout_s, 1'000'000) * 1000;
  if (parsed->rss_limit_mb > 0) replay.rss_limit_mb = parsed->rss_limit_mb;
  replay.environment = parsed->target_environment;
  for (const auto& argument : parsed->target) {
    if (holds(argument, kMark))
      return schema::invalid(
          fmt::format("an argument of the target holds {}, which stands for the input: {}", kMark, argument));
    replay.argv.push_back(replaced(argument, kHonggfuzzMark, kMark));
  }
  if (parsed->file_argument) return replay;
  if (source.words.libfuzzer) {
    replay.argv.emplace_back(kMark);
  } else if (source.words.honggfuzz_driver && replay.argv.size() > 1 && !parsed->input_on_stdin) {
    replay.argv.emplace_back(kMark);  // with arguments, it takes the last for the input
  } else {
    replay.input_on_stdin = true;
  }
  return replay;
}

}  // namespace

schema::Result<ReplayCommand> replay_command(const ReplaySource& source) {
  if (source.command.empty()) return schema::invalid("the command is empty");
  auto replay = source.engine == Engine::kLibfuzzer ? of_libfuzzer(source)
                : source.engine == Engine::kAfl     ? of_afl(source)
                                                    : of_honggfuzz(source);
  if (!replay) return replay;
  anchor_program(replay->argv, source.working_dir);
  // What -E and AFL_TARGET_ENV set is what the target saw.
  const auto seen = [&](const std::string& name) {
    for (const auto& [key, value] : replay->environment) {
      if (key == name) return std::optional<std::string>(value);
    }
    return source.get(name);
  };
  const bool own_handler = source.engine == Engine::kLibfuzzer || source.words.libfuzzer;
  auto options = replay_variables(source.engine, own_handler, seen, source.working_dir, source.symbolizer);
  auto& environment = replay->environment;
  for (auto& option : options) {
    environment.erase(std::remove_if(environment.begin(), environment.end(),
                                     [&](const auto& variable) { return variable.first == option.first; }),
                      environment.end());
    environment.push_back(std::move(option));
  }
  return replay;
}

std::vector<std::string> with_input(std::vector<std::string> argv, const std::filesystem::path& input) {
  for (std::size_t i = 1; i < argv.size(); ++i) argv[i] = replaced(std::move(argv[i]), kMark, input.string());
  return argv;
}

}  // namespace fuzzmill::producers
