#include "cli/help.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/screen.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

std::string exit_code_lines() {
  std::string out;
  for (const auto& row : runtime::exit_codes()) {
    out += fmt::format("  {}  {:<12} {}\n", static_cast<int>(row.code), row.name, row.meaning);
  }
  return out;
}

class Help final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("TOPIC", topic_,
                       "a command, `exit-codes`, or `options`: every option of every command as Markdown");
    options.positional("ACTION", action_, "of a command that has several: `help corpus restore`");
  }

  schema::Result<ExitCode> run() override {
    if (topic_.empty()) return say(overview_text());
    if (topic_ == "exit-codes") return say(exit_code_lines());
    if (topic_ == "options") return say(options_markdown());
    const CommandRow* row = find_command(action_.empty() ? topic_ : topic_ + " " + action_);
    if (row == nullptr) {
      return schema::not_found(
          fmt::format("nothing about '{}': `fuzzmill help` lists the commands", runtime::printable(topic_)));
    }
    return say(runtime::help_text(row->text, DeclaredCommand(*row).options, prose_width()));
  }

 private:
  static ExitCode say(const std::string& text) {
    fmt::print("{}", text);
    return ExitCode::kOk;
  }

  std::string topic_, action_;
};

}  // namespace

CommandRow help_command() {
  return {{"help", "Explains the commands, the options and the exit codes", "", "fuzzmill help crashes"},
          make_command<Help>};
}

std::string overview_text() {
  std::string out =
      "fuzzmill: the back end of continuous fuzzing\n\nusage: fuzzmill COMMAND [OPTIONS]\n\nCommands:\n";
  for (const CommandRow& row : commands())
    out += fmt::format("  {:<15} {}\n", row.text.name, row.text.summary);
  out += fmt::format("\nExit codes:\n{}", exit_code_lines());
  return out +
         "\nEach command has --help. Example:\n"
         "  fuzzmill up &\n"
         "  fuzzmill run -- ./fuzz_target corpus/\n"
         "  fuzzmill crashes\n";
}

std::string options_markdown() {
  std::string out =
      "# Commands, options and exit codes\n\n"
      "Made by `fuzzmill help options > docs/options.md`; a test compares the two. Do not edit.\n\n"
      "An option is given as a flag, by an environment variable or as a key of the TOML file, and the first "
      "of\n"
      "these that has it wins; else its default holds. The file is named by `--config` or "
      "`FUZZMILL_CONFIG`;\n"
      "`/etc/fuzzmill/fuzzmill.toml` is read when it exists. A key at the top of the file is meant for "
      "every\n"
      "command that has the option, a key in a section such as `[broker]` for that command alone. A key that "
      "no\n"
      "command knows is an error. Secrets have no flag, and a file that holds one must not be readable by "
      "others.\n"
      "Durations are written `250ms`, `5s`, `10m`, `2h`, `7d`; sizes `512`, `64KB`, `64MB`, `2GB` (powers of "
      "1024).\n\n"
      "## Exit codes\n\n| code | name | meaning |\n|---|---|---|\n";
  for (const auto& row : runtime::exit_codes()) {
    out += fmt::format("| {} | {} | {} |\n", static_cast<int>(row.code), row.name, row.meaning);
  }
  for (const CommandRow& row : commands()) {
    out += fmt::format("\n{}", runtime::markdown_text(row.text, DeclaredCommand(row).options));
  }
  return out;
}

}  // namespace fuzzmill::cli
