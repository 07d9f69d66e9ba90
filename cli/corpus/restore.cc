#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/corpus/live_fuzzers.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

// Whether a fuzzer works there now is asked once in so many seconds, not for each of a hundred thousand
// files.
constexpr std::chrono::seconds kLookAgain{2};

class Restore final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("ARCHIVE", name_, "a target (its newest), an archive's id, or a file").required();
    corpus_.declare(options);
    options.text("to", to_, "DIR", "where the files go: a new folder, or with --merge one that is there")
        .only_flag();
    options.text("date", date_, "YYYY-MM-DD", "of a target: the newest archive of that day").only_flag();
    options.list("node", how_.nodes, "NAME", "only what this node had, under its names").only_flag();
    options.flag("merge", how_.merge, "add to a folder what it lacks by content; nothing there is touched")
        .only_flag();
    options.flag("into-live", into_live_, "even when a fuzzer works in the folder").only_flag();
    options.flag("dry-run", dry_run_, "show what would be done, and end").only_flag();
    options.flag("yes", yes_, "do not ask").only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    if (to_.empty()) return schema::invalid("--to is missing: the folder that the files go to");
    std::error_code ignored;
    how_.to = fs::absolute(to_, ignored).lexically_normal();
    if (!how_.to.has_filename()) how_.to = how_.to.parent_path();
    if (auto free = check_folder(); !free) return free.error();
    ArchiveFinder finder(corpus_);
    const auto archive = finder.find(name_, date_);
    if (!archive) return archive.error();
    if (archive->row && !archive->row->bad.empty())
      fmt::print(stderr, "this archive failed its verification: {}\n", runtime::printable(archive->row->bad));
    auto plan = make_plan(*archive);
    if (!plan) return plan.error();
    if (!json_)
      print(fmt::format("{}: ", runtime::printable(archive->label)) + restore_text(*plan, how_, dry_run_));
    if (dry_run_ || (plan->files.empty() && how_.merge)) {
      if (json_) print_json(restore_json(*plan, nullptr));
      return ExitCode::kOk;
    }
    if (auto said = confirm("restore them?", yes_); !said) return said.error();
    const auto done = carry_out(*archive, *plan);
    if (!done) return done.error();
    if (json_) {
      print_json(restore_json(*plan, &*done));
    } else {
      print(fmt::format("added {} files of {}; what was done stands in {}\n", done->files,
                        bytes_text(done->bytes), runtime::printable(done->manifest)));
    }
    return ExitCode::kOk;
  }

 private:
  // A new folder, or with --merge one that no fuzzer works in.
  schema::Status check_folder() const {
    std::error_code failed;
    if (!how_.merge && fs::exists(how_.to, failed) &&
        !(fs::is_directory(how_.to, failed) && fs::is_empty(how_.to, failed))) {
      return schema::conflict(fmt::format(
          "{} is there already: name a new folder, or add what it lacks with --merge", how_.to.string()));
    }
    return no_fuzzer();
  }

  schema::Status no_fuzzer() const {
    if (into_live_) return {};
    const auto users = live_fuzzers_in(how_.to);
    if (users.empty()) return {};
    return schema::conflict(
        fmt::format("a fuzzer works in {} ({}): stop it, restore into a new folder, or say --into-live, "
                    "which adds whole files and "
                    "touches none that is there",
                    how_.to.string(), runtime::printable(users.front())));
  }

  schema::Result<store::RestorePlan> make_plan(const NamedArchive& archive) {
    const Progress progress(fmt::format("reading {}", archive.label));
    auto manifest = read_manifest(archive);
    if (!manifest) return std::move(manifest).error();
    for (const auto& node : how_.nodes) {
      const auto& all = manifest->snapshots;
      if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.node == node; }))
        return schema::not_found(
            fmt::format("{} holds nothing of node '{}'", archive.label, runtime::printable(node)));
    }
    store::Present present;
    if (how_.merge) {
      auto there = store::look_at(how_.to);
      if (there) present = std::move(*there);
      if (!there && there.error().code != schema::ErrorCode::kNotFound) return std::move(there).error();
    }
    return store::plan_restore(*manifest, how_, present);
  }

  schema::Result<store::Restored> carry_out(const NamedArchive& archive, const store::RestorePlan& plan) {
    Progress progress(fmt::format("restoring {} files", plan.files.size()));
    auto looked = std::chrono::steady_clock::now();
    how_.check = [this, &looked]() -> schema::Status {
      const auto now = std::chrono::steady_clock::now();
      if (now - looked < kLookAgain) return {};
      looked = now;
      return no_fuzzer();
    };
    auto source = archive.open();
    if (!source) return std::move(source).error();
    return store::restore(std::move(*source), plan, how_, runtime::unix_ms(),
                          [&](std::uint64_t files, std::uint64_t) {
                            progress.say(fmt::format("restoring {} of {} files", files, plan.files.size()));
                          });
  }

  CorpusOptions corpus_;
  store::RestoreOptions how_;
  std::string name_, to_, date_;
  bool into_live_ = false, dry_run_ = false, yes_ = false, json_ = false;
};

}  // namespace

CommandRow corpus_restore_command() {
  return {{"corpus restore", "Puts the files of an archive into a folder, and touches none that is there",
           "Shows what it would do and asks. With --node the files get the names and times that they had on "
           "the node; "
           "without, each\ncontent is restored once. Every file is checked against its SHA-256 on the way "
           "and appears "
           "whole or not at all.\nAn archive that is named as a file needs no Redis. What was added is "
           "written into "
           "DIR.restored-<id>.json.\n\n"
           "--json: {\"files\", \"bytes\", \"already_there\", \"renamed\", \"done\": bool, \"added\", "
           "\"added_bytes\", "
           "\"manifest\": file}",
           "fuzzmill corpus restore fuzz_png --node singapore --to /srv/fuzz/corpus.restored"},
          make_command<Restore>};
}

}  // namespace fuzzmill::cli
