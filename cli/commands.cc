#include "cli/commands.h"

#include <algorithm>
#include <array>

#include "cli/corpus/actions.h"

namespace fuzzmill::cli {

std::span<const CommandRow> commands() {
  static const std::array rows = {
      up_command(),
      run_command(),
      agent_command(),
      crashes_command(),
      triage_command(),
      analyze_command(),
      nodes_command(),
      queue_command(),
      corpus_command(),
      corpus_list_command(),
      corpus_backup_command(),
      corpus_verify_command(),
      corpus_restore_command(),
      corpus_diff_command(),
      corpus_prune_command(),
      corpus_minimize_command(),
      corpus_sharing_command(),
      corpus_reindex_command(),
      health_command(),
      doctor_command(),
      keys_command(),
      broker_command(),
      worker_command(),
      dashboard_command(),
      help_command(),
      version_command(),
  };
  return rows;
}

const CommandRow* find_command(std::string_view name) {
  const auto rows = commands();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& one) { return one.text.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

void CommonOptions::declare(runtime::Options& options) {
  options
      .text("config", config, "FILE",
            "options as TOML; FUZZMILL_CONFIG names it, too, and /etc/fuzzmill/fuzzmill.toml is read when it "
            "exists")
      .only_flag();
  options.choice("log-level", log_level, {"debug", "info", "warn", "error", "off"},
                 "what is logged to stderr");
}

DeclaredCommand::DeclaredCommand(const CommandRow& row)
    : command(row.make()), options(std::string(row.text.name)) {
  command->declare(options);
  common.declare(options);
}

runtime::KnownOptions known_options() {
  runtime::KnownOptions known;
  for (const CommandRow& row : commands()) {
    known.emplace(row.text.name, DeclaredCommand(row).options.names());
  }
  return known;
}

}  // namespace fuzzmill::cli
