#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <thread>

#include "cli/commands.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/triage/engine.h"
#include "cli/triage/json_writer.h"
#include "cli/triage/outputs.h"
#include "runtime/health.h"

namespace fuzzmill::cli {
namespace {

// The table that a person gets: groups, the worst first.
class TableWriter final : public TriageWriter {
 public:
  schema::Status finish(const std::vector<TriagedGroup>& groups) override {
    Table table(
        {{"GROUP"}, {"SEVERITY"}, {"CRASHES", true}, {"TITLE", false, 24}, {"EXAMPLE", false, 12, true}});
    for (const TriagedGroup& group : groups) {
      const std::string severity(schema::severity_name(group.severity));
      table.add({group.id, Cell(severity, severity_tone(severity)), std::uint64_t{group.crashes},
                 group.representative.verdict.title, group.representative.path});
    }
    if (!table.empty()) print(table);
    return {};
  }
};

class Triage final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positionals("PATH", paths_, "reports, logs, inputs, or folders of them").required();
    options.flag("json", json_, "for programs");
    options.number("jobs", jobs_, "threads; 0: one for each core");
    rules_.declare(options);
    outputs_.declare(options);
  }

  schema::Result<ExitCode> run() override {
    auto rules = rules_.rules();
    if (!rules) return rules.error();
    auto paths = collect_files(paths_);
    if (!paths) return paths.error();
    const FileSet files(std::move(*paths));
    if (auto opened = outputs_.open(runtime::unix_ms(), json_ ? stderr : stdout, *rules); !opened)
      return opened.error();
    std::vector<TriageWriter*> writers = outputs_.writers();
    JsonWriter json(stdout);
    TableWriter table;
    writers.push_back(json_ ? static_cast<TriageWriter*>(&json) : &table);
    Progress progress(fmt::format("triage of {} files", files.paths().size()));
    TriageOptions how{*rules, jobs_ != 0 ? jobs_ : std::thread::hardware_concurrency(), {}};
    how.tell = [&](std::size_t done, std::size_t all) {
      if (done % 256 == 0)
        progress.say(fmt::format("triage of {} files, {} % done", files.paths().size(), 100 * done / all));
    };
    auto counts = triage(files, how, writers);
    if (!counts) return counts.error();
    if (auto closed = outputs_.close(); !closed) return closed.error();
    for (const std::string& problem : counts->unreadable) fmt::print(stderr, "not read: {}\n", problem);
    if (!json_) {
      print(fmt::format("{} crashes in {} groups, read from {} files ({} of them inputs)\n", counts->crashes,
                        counts->groups, counts->files, counts->inputs));
    }
    return counts->unreadable.empty() ? ExitCode::kOk : ExitCode::kFound;
  }

 private:
  std::vector<std::string> paths_;
  ProjectRuleOptions rules_;
  bool json_ = false;
  std::uint64_t jobs_ = 0;
  TriageOutputs outputs_;
};

}  // namespace

CommandRow triage_command() {
  return {
      {"triage", "Reads crash reports and groups them by bug, without any service",
       "Reads every report in the files and folders given: sanitizers', fuzzers', runtimes', debuggers'.\n"
       "Inputs that lie there too are matched to the reports that name them.\n"
       "Exit code 0 when all was read, 1 when a file could not be.",
       "fuzzmill triage artifacts/ logs/"},
      make_command<Triage>};
}

}  // namespace fuzzmill::cli
