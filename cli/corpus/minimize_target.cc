#include "cli/corpus/minimize_target.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "producers/agent/targets_file.h"
#include "producers/corpus/corpus_scan.h"
#include "producers/engine/afl_command.h"
#include "producers/engine/discover_proc.h"
#include "producers/engine/engine_variables.h"
#include "producers/engine/libfuzzer_command.h"
#include "producers/engine/recognise.h"
#include "producers/engine/target_command.h"
#include "producers/engine/wrapper.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> our_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

fs::path absolute_in(const fs::path& base, const fs::path& path) { return (base / path).lexically_normal(); }

// The program is looked up before its working folder is the current one.
schema::Result<TargetFound> of_command(std::vector<std::string> command, const std::string& engine,
                                       const fs::path& working_dir, producers::Variables environment) {
  if (command.empty()) return schema::invalid("the target has no command: give one behind --");
  auto& program = command.front();
  if (program.find('/') != std::string::npos) program = absolute_in(working_dir, program).string();
  const auto named = producers::engine_named(engine);
  auto found = named ? producers::recognise_as(*named, command)
                     : producers::recognise(command, [&](const std::string& name) {
                         return producers::words_of_command(name.find('/') == std::string::npos
                                                                ? name
                                                                : absolute_in(working_dir, name).string());
                       });
  if (!found) return std::move(found).error();
  TargetFound target;
  target.target.engine = found->engine;
  target.target.before = found->before, target.target.command = found->command;
  target.target.working_dir = working_dir;
  auto& first = target.target.command.front();
  if (first.find('/') != std::string::npos) first = absolute_in(working_dir, first).string();
  target.target.environment = std::move(environment);
  const auto symbolizer = producers::find_symbolizer(our_variable("PATH").value_or(""));
  for (auto& variable : producers::engine_variables(found->engine, our_variable, symbolizer))
    target.target.environment.push_back(std::move(variable));
  // AFL++: afl-fuzz's command, or the target's own.
  const bool bare = found->engine == producers::Engine::kAfl &&
                    producers::program_name(found->command.front()) != "afl-fuzz";
  const auto own = bare ? schema::Result<std::vector<std::string>>(found->command)
                        : producers::target_command(found->engine, found->command, our_variable);
  target.name = producers::suggested_target_name(own && !own->empty() ? *own : found->command);
  target.corpus = corpus_of(found->engine, found->command, working_dir);
  return target;
}

schema::Result<TargetFound> of_file(const TargetChoice& choice) {
  std::ifstream in(choice.file, std::ios::binary);
  if (!in) return schema::not_found(fmt::format("{}: cannot be read", choice.file));
  std::ostringstream text;
  text << in.rdbuf();
  auto targets = producers::parse_targets(text.str(), choice.file);
  if (!targets) return std::move(targets).error();
  for (const auto& config : *targets) {
    if (config.name != choice.name) continue;
    std::error_code ignored;
    const auto base =
        fs::absolute(config.working_dir.empty() ? fs::current_path(ignored) : config.working_dir);
    const auto engine = config.engine ? std::string(producers::engine_name(*config.engine)) : choice.engine;
    auto found = of_command(config.command, engine, base, config.environment);
    if (!found) return found;
    found->name = config.name;
    if (config.corpus) found->corpus = {absolute_in(base, *config.corpus)};
    return found;
  }
  return schema::not_found(
      fmt::format("{} has no target '{}'", choice.file, runtime::printable(choice.name)));
}

schema::Result<TargetFound> of_running(const TargetChoice& choice) {
  for (auto& fuzzer : producers::FuzzerSearch().discover().found) {
    if (fuzzer.suggested_name != choice.name) continue;
    auto argv = fuzzer.argv;
    if (!fuzzer.program.empty() && !argv.empty() && fuzzer.engine == producers::Engine::kLibfuzzer)
      argv.front() = fuzzer.program;
    auto found = of_command(std::move(argv), std::string(producers::engine_name(fuzzer.engine)),
                            fuzzer.working_dir, {});
    if (found) found->name = choice.name;
    return found;
  }
  return schema::not_found(
      fmt::format("target '{}' is not fuzzed on this machine now: name the agent's file with --targets, or "
                  "give the fuzzer's command: "
                  "fuzzmill corpus minimize -- ./target corpus/",
                  runtime::printable(choice.name)));
}

}  // namespace

std::vector<fs::path> corpus_of(producers::Engine engine, const std::vector<std::string>& command,
                                const fs::path& working_dir) {
  std::vector<fs::path> folders;
  if (engine == producers::Engine::kLibfuzzer) {
    for (const auto& operand : producers::parse_libfuzzer_command(command).operands)
      folders.push_back(absolute_in(working_dir, operand));
  } else if (engine == producers::Engine::kAfl && producers::program_name(command.front()) == "afl-fuzz") {
    const auto parsed = producers::parse_afl_command(command, our_variable);
    if (!parsed || parsed->output.empty()) return folders;
    for (auto& queue : producers::afl_queues(absolute_in(working_dir, parsed->output)))
      folders.push_back(queue.folder);
  }
  return folders;
}

schema::Result<TargetFound> find_target(const TargetChoice& choice) {
  if (!choice.command.empty()) {
    std::error_code ignored;
    auto found = of_command(choice.command, choice.engine, fs::current_path(ignored), {});
    if (found && !choice.name.empty()) found->name = choice.name;
    return found;
  }
  if (choice.name.empty())
    return schema::invalid(
        "which target? Name one, or give its command: fuzzmill corpus minimize -- ./target corpus/");
  return choice.file.empty() ? of_running(choice) : of_file(choice);
}

}  // namespace fuzzmill::cli
