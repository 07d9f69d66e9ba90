#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/triage/analyze_text.h"
#include "cli/triage/engine.h"
#include "cli/triage/json_writer.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kMaxNeighbours = 100'000;  // files beside the report that are looked at

// What is piped in, up to the size of a report file.
schema::Result<std::string> read_standard_input() {
  std::string text;
  char block[65536];
  for (std::size_t got = 0; (got = std::fread(block, 1, sizeof block, stdin)) > 0;) {
    text.append(block, got);
    if (text.size() > kMaxReportFile) {
      return schema::too_large(fmt::format("more than {} MB on the standard input", kMaxReportFile >> 20));
    }
  }
  if (std::ferror(stdin) != 0) return schema::unavailable("cannot read the standard input");
  return text;
}

// The files beside the report: its input may lie there.
FileSet neighbours(const std::string& path) {
  std::vector<std::string> paths;
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  std::filesystem::directory_iterator at(folder.empty() ? "." : folder, failed), end;
  for (; !failed && at != end && paths.size() < kMaxNeighbours; at.increment(failed)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) paths.push_back((folder / at->path().filename()).string());
  }
  return FileSet(std::move(paths));
}

class Analyze final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("FILE", file_, "a report or a log; - is the standard input").required();
    options.flag("all", all_, "every report in the file, not only the one it is about");
    rules_.declare(options);
    options.flag("json", json_, "for programs: an object, or with --all an array of them");
  }

  schema::Result<ExitCode> run() override {
    const auto rules = rules_.rules();
    if (!rules) return rules.error();
    auto text = file_ == "-" ? read_standard_input() : read_report_file(file_);
    if (!text) return text.error();
    std::vector<TriagedCrash> crashes = read_crashes(file_, *text, *rules);
    if (file_ != "-") {
      const FileSet files = neighbours(file_);
      const std::string input(input_of(file_, *text, files));
      for (TriagedCrash& crash : crashes) crash.input = input;
    }
    for (TriagedCrash& crash : crashes) crash.group = crash.print.group;
    show(crashes);
    return ExitCode::kOk;
  }

 private:
  void show(const std::vector<TriagedCrash>& crashes) const {
    const AnalyzeLook look{screen_of(stdout).colour};
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    std::string out;
    for (const TriagedCrash& crash : crashes) {
      if (!all_ && !crash.primary) continue;
      if (json_) {
        list.push_back(crash_json(crash));
      } else {
        out += (out.empty() ? "" : "\n\n") + analyze_text(crash, look);
      }
    }
    if (!json_) {
      print(out + reports_text(crashes, look));
      return;
    }
    const auto& shown = all_ ? list : list.front();
    print(shown.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }

  std::string file_;
  ProjectRuleOptions rules_;
  bool all_ = false;
  bool json_ = false;
};

}  // namespace

CommandRow analyze_command() {
  return {
      {"analyze", "Prints one crash report in full",
       "What went wrong and how bad it is, why each frame of the stack counts or was dropped, who freed and\n"
       "allocated the memory, the signatures, and which other reports the file has. Works without any "
       "service.",
       "fuzzmill analyze crash-1f0c.log"},
      make_command<Analyze>};
}

}  // namespace fuzzmill::cli
