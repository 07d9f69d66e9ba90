// A command of the program: what it is called, how it is explained, its options, what it does. The
// commands are rows of one table (cli/commands.cc); adding one is a file and a row.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "runtime/exit_code.h"
#include "runtime/options.h"
#include "runtime/options_text.h"
#include "schema/result.h"

namespace fuzzmill::cli {

using runtime::ExitCode;

// Life cycle: declare() once, then the options are parsed into its members, then run() once.
class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(runtime::Options& options) = 0;
  // An error is printed by the program and becomes its exit code (runtime::exit_code_of).
  virtual schema::Result<ExitCode> run() = 0;
};

struct CommandRow {
  runtime::CommandText text;
  std::unique_ptr<Command> (*make)();
};

template <class T>
std::unique_ptr<Command> make_command() {
  return std::make_unique<T>();
}

// In the order in which help lists them.
std::span<const CommandRow> commands();
const CommandRow* find_command(std::string_view name);

// Its own options and those of every command: --config, --log-level.
struct CommonOptions {
  std::string config;
  std::string log_level = "info";
  void declare(runtime::Options& options);
};

// A command of the table with its options declared: to parse them, or to tell of them.
struct DeclaredCommand {
  explicit DeclaredCommand(const CommandRow& row);
  DeclaredCommand(const DeclaredCommand&) = delete;  // the options point into the other two
  DeclaredCommand& operator=(const DeclaredCommand&) = delete;

  std::unique_ptr<Command> command;
  CommonOptions common;
  runtime::Options options;
};

// Each command's option names, for the check of the configuration file's keys.
runtime::KnownOptions known_options();

}  // namespace fuzzmill::cli
