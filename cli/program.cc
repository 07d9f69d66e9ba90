#include "cli/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/screen.h"
#include "runtime/log.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

ExitCode fail(std::string_view command, const schema::Error& error) {
  fmt::print(stderr, "fuzzmill{}{}: {}\n", command.empty() ? "" : " ", command, error.message);
  return runtime::exit_code_of(error);
}

ExitCode run_command_row(const CommandRow& row, std::vector<std::string> arguments) {
  DeclaredCommand declared(row);
  const auto parsed = declared.options.parse(runtime::system_sources(std::move(arguments)), known_options());
  if (!parsed) return fail(row.text.name, parsed.error());
  if (parsed->help) {
    fmt::print("{}", runtime::help_text(row.text, declared.options, prose_width()));
    return ExitCode::kOk;
  }
  // So that a process that we start (`up` does) reads the same file.
  if (!parsed->file.empty()) setenv("FUZZMILL_CONFIG", std::filesystem::absolute(parsed->file).c_str(), 1);
  runtime::start_log(row.text.name, *runtime::log_level_named(declared.common.log_level));
  auto done = declared.command->run();
  if (!done) return fail(row.text.name, done.error());
  // Output that did not reach its reader (a full disk) is no success.
  if (std::fflush(stdout) != 0) return fail(row.text.name, schema::unavailable("cannot write the output"));
  return *done;
}

}  // namespace

ExitCode run_program(std::vector<std::string> arguments) {
  if (arguments.empty()) {
    fmt::print(stderr, "{}", overview_text());
    return ExitCode::kUsage;
  }
  std::string name = arguments.front();
  arguments.erase(arguments.begin());
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version") name = "version";
  const CommandRow* row = nullptr;
  if (!arguments.empty()) row = find_command(name + " " + arguments.front());  // `corpus list`
  if (row != nullptr) {
    arguments.erase(arguments.begin());
  } else {
    row = find_command(name);
  }
  if (row == nullptr) {
    return fail("", schema::invalid(fmt::format("no command '{}': `fuzzmill help` lists them",
                                                runtime::printable(name))));
  }
  try {
    return run_command_row(*row, std::move(arguments));
  } catch (const std::exception& error) {
    return fail(name, schema::internal(fmt::format("unexpected: {}", error.what())));
  }
}

}  // namespace fuzzmill::cli
