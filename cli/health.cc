#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/show.h"
#include "cli/views.h"
#include "runtime/health.h"

namespace fuzzmill::cli {
namespace {

class Health final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.text("run", run_, "DIR", "folder of the health files; where none is given, run/ of --data");
    options.text("data", data_.data, "DIR", "data folder of `fuzzmill up`");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    const std::filesystem::path folder = run_.empty() ? data_.folder().run() : std::filesystem::path(run_);
    const auto records = runtime::read_health(folder);
    if (!records) return records.error();
    const std::uint64_t now = runtime::unix_ms();
    const auto verdicts = runtime::judge_health(*records, now, runtime::pid_alive);
    // No file at all: what should run there does not.
    const bool well = !verdicts.empty() &&
                      std::all_of(verdicts.begin(), verdicts.end(), [](const auto& one) { return one.well; });
    if (json_) {
      print_json(health_json(verdicts, well));
    } else if (verdicts.empty()) {
      print(fmt::format("nothing runs in {}\n", folder.string()));
    } else {
      print(health_table(verdicts, now));
    }
    return well ? ExitCode::kOk : ExitCode::kFound;
  }

 private:
  std::string run_;
  RedisOptions data_;
  bool json_ = false;
};

}  // namespace

CommandRow health_command() {
  return {{"health", "Says whether each process of a run folder is well",
           "A process is well when its file is younger than 15 s, its pid lives and it is ready.\n"
           "Exit code 0 when every process is, 1 when one is not or none is there.\n\n"
           "--json: {\"well\": bool, \"processes\": [{\"process\", \"pid\", \"state\", \"updated_ms\", "
           "\"well\", \"why\"}]}",
           "fuzzmill health --run /run/fuzzmill/broker"},
          make_command<Health>};
}

}  // namespace fuzzmill::cli
