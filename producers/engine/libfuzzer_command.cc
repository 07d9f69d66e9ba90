#include "producers/engine/libfuzzer_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "producers/engine/left_scan.h"
#include "producers/engine/program_words.h"

namespace fuzzmill::producers {
namespace {

constexpr std::array<runtime::CodeMeaning, 8> kCodes{{
    {1, "sanitizer report, or libFuzzer could not start"},
    {66, "ThreadSanitizer report"},
    {70, "libFuzzer: timeout"},
    {71, "libFuzzer: out of memory"},
    {72, "libFuzzer: interrupted"},
    {77, "libFuzzer: error"},
    {126, "found, but not executable"},
    {127, "program or shared library not found"},
}};

}  // namespace

LibfuzzerCommand parse_libfuzzer_command(const std::vector<std::string>& argv) {
  LibfuzzerCommand command;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string& argument = argv[i];
    if (argument.empty() || argument.front() != '-') {
      command.operands.push_back(argument);
      continue;
    }
    if (argument.size() > 1 && argument[1] == '-') {  // libFuzzer leaves these to the target
      command.own_arguments.push_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    if (equals == std::string::npos) continue;
    const auto name = argument.substr(1, equals - 1);
    const auto value = argument.substr(equals + 1);
    const auto count = whole_number(value).value_or(0);
    if (name == "artifact_prefix") command.artifact_prefix = value;
    if (name == "exact_artifact_path") command.exact_artifact_path = value;
    if (name == "merge_control_file") command.merge_control = value;
    if (name == "fork") command.fork = count;
    if (name == "jobs") command.jobs = count;
    if ((name == "merge" || name == "set_cover_merge") && count != 0) command.merge = true;
    if (name == "minimize_crash") command.minimize_crash = count != 0;
    if (name == "ignore_remaining_args" && count != 0) {
      const auto rest = argv.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      command.own_arguments.insert(command.own_arguments.end(), rest, argv.end());
      break;
    }
  }
  command.many_processes = command.fork > 0 || command.jobs > 0;
  return command;
}

std::vector<JobLog> job_logs(const std::vector<FileSeen>& files, std::uint64_t jobs,
                             std::uint64_t started_ms) {
  std::vector<JobLog> logs;
  for (const auto& file : files) {
    LeftScan scan(file.name);
    const auto job = scan.number_after("fuzz-");
    if (!job || *job >= jobs || !scan.take(".log") || !scan.done()) continue;
    if (file.name.size() > 10 && file.name[5] == '0') continue;  // fuzz-01.log: none of libFuzzer's
    // File systems cut a time to a second or two.
    if (file.modified_ms + 2000 >= started_ms) logs.push_back({file.name, *job});
  }
  std::sort(logs.begin(), logs.end(), [](const auto& a, const auto& b) { return a.job < b.job; });
  return logs;
}

std::vector<std::string> with_artifact_folder(std::vector<std::string> argv,
                                              const std::filesystem::path& folder) {
  // It is plain text: the slash makes it a folder. What stands behind -ignore_remaining_args=1 is the
  // target's, and what stands first may be a wrapper's.
  const auto place = std::find(argv.begin(), argv.end(), "-ignore_remaining_args=1");
  argv.insert(place, "-artifact_prefix=" + (folder / "").string());
  return argv;
}

std::span<const runtime::CodeMeaning> libfuzzer_codes() { return kCodes; }

schema::Status is_libfuzzer_program(const std::filesystem::path& program) {
  auto words = words_of_program(program);
  if (!words) return std::move(words).error();
  if (words->libfuzzer) return {};
  return schema::invalid(
      fmt::format("{}: not a libFuzzer target (build it with clang -fsanitize=fuzzer; if it is a wrapper "
                  "that starts one, say so)",
                  program.string()));
}

}  // namespace fuzzmill::producers
