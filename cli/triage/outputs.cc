#include "cli/triage/outputs.h"

#include <fmt/format.h>

#include <filesystem>

#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

// Absolute and without a slash at its end, as the reports' own paths are compared with it.
std::string root_of(const std::string& given) {
  std::error_code failed;
  const auto root =
      given.empty() ? std::filesystem::current_path(failed) : std::filesystem::absolute(given, failed);
  std::string text = failed ? std::string() : root.lexically_normal().string();
  while (text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

void TriageOutputs::declare(runtime::Options& options) {
  options.text("html", html_path_, "FILE", "a report for people, one file that needs no network").only_flag();
  options.text("sarif", sarif_path_, "FILE", "SARIF 2.1.0, for code scanning").only_flag();
  options.text("source-root", source_root_, "FOLDER",
               "where the sources lie: SARIF names files below it relative to it; none: the working folder");
  options.text("issues", issues_path_, "FOLDER", "an issue in Markdown for each group").only_flag();
  options.number("quota", quota_, "issues written in one run at most, the worst first; 0: all").only_flag();
  options
      .text("bundles", bundles_path_, "FOLDER",
            "for each group a folder with the input, the report, repro.sh and repro.gdb")
      .only_flag();
  options
      .text(
          "target", target_, "FILE",
          "the program that the bundles run; none: the one that the report names, or that repro.sh is given")
      .only_flag();
  options.flag("dry-run", dry_run_, "issues and bundles: only say what would be written").only_flag();
  options.remainder(
      "COMMAND", command_,
      "the program that the bundles run with its arguments; @@ among them stands for the input");
}

template <class Writer, class... More>
schema::Status TriageOutputs::open_file(const std::string& path, OutputFile& file, More... more) {
  if (path.empty()) return {};
  if (dry_run_) {
    fmt::print(tell_, "would write {}\n", runtime::printable(path));
    return {};
  }
  if (auto opened = file.open(path); !opened) return opened;
  writers_.push_back(std::make_unique<Writer>(file.file(), std::move(more)...));
  return {};
}

schema::Status TriageOutputs::open(std::uint64_t now_ms, std::FILE* tell, const ProjectRules& rules) {
  tell_ = tell;
  if (!target_.empty() && !command_.empty())
    return schema::invalid("give --target or a command after --, not both");
  const bool bundles = !bundles_path_.empty();
  if (!bundles && (!target_.empty() || !command_.empty()))
    return schema::invalid("a target is for bundles: give --bundles FOLDER too");
  if (auto opened = open_file<HtmlWriter>(html_path_, html_file_, now_ms); !opened) return opened;
  if (auto opened = open_file<SarifWriter>(sarif_path_, sarif_file_, root_of(source_root_)); !opened)
    return opened;
  if (!issues_path_.empty()) {
    issues_.emplace(issues_path_, dry_run_, tell);
    auto writer = std::make_unique<IssueWriter>(*issues_, quota_);
    issue_writer_ = writer.get();
    writers_.push_back(std::move(writer));
  }
  if (bundles) {
    bundles_.emplace(bundles_path_, dry_run_, tell);
    if (!target_.empty()) command_ = {target_};
    writers_.push_back(std::make_unique<BundleWriter>(*bundles_, command_, rules));
  }
  return {};
}

std::vector<TriageWriter*> TriageOutputs::writers() const {
  std::vector<TriageWriter*> list;
  for (const auto& writer : writers_) list.push_back(writer.get());
  return list;
}

void TriageOutputs::tell_folder(std::string_view what, const std::optional<OutputFolder>& folder) const {
  if (!folder) return;
  fmt::print(tell_, "{} in {}: {} files {}, {} the same as before\n", what,
             runtime::printable(folder->path()), folder->counts().written,
             dry_run_ ? "would be written" : "written", folder->counts().same);
}

schema::Status TriageOutputs::close() {
  for (OutputFile* file : {&html_file_, &sarif_file_}) {
    if (!file->is_open()) continue;
    if (auto closed = file->close(); !closed) return closed;
  }
  tell_folder("issues", issues_);
  if (issue_writer_ != nullptr && issue_writer_->left() > 0) {
    fmt::print(tell_, "{} groups more have no issue yet: --quota {} is spent, the next run goes on\n",
               issue_writer_->left(), quota_);
  }
  tell_folder("bundles", bundles_);
  return {};
}

}  // namespace fuzzmill::cli
