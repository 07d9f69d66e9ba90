#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/printable.h"
#include "runtime/units.h"

namespace fuzzmill::cli {
namespace {

class Prune final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("TARGET", target_, "only archives of this target");
    corpus_.declare(options);
    options.text("older-than", older_, "TIME", "such as 30d, in place of when each expires").only_flag();
    options.number("keep-last", retention_.keep_last, "so many of the newest good ones of each target stay")
        .only_flag();
    options.text("restore", restore_, "ARCHIVE", "takes this one out of quarantine again, and prunes nothing")
        .only_flag();
    options.flag("dry-run", dry_run_, "show what would go, and end").only_flag();
    options.flag("yes", yes_, "do not ask").only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    if (retention_.keep_last == 0)
      return schema::invalid("--keep-last is at least 1: the last archive is never pruned");
    if (!older_.empty()) {
      const auto older = runtime::parse_duration(older_);
      if (!older) return schema::Error(older.error()).in("--older-than");
      retention_.older_than_s = static_cast<std::uint64_t>(older->count() / 1000);
    }
    ArchiveFinder finder(corpus_);
    if (auto connected = finder.connect(); !connected) return connected.error();
    if (!restore_.empty()) return take_back(finder);
    auto plan = look(finder);
    if (!plan) return plan.error();
    if (!json_) show(*plan);
    if (dry_run_ || plan->steps.empty()) {
      if (json_) print_json(prune_json(*plan, nullptr));
      return ExitCode::kOk;
    }
    if (auto said = confirm("prune them?", yes_); !said) return said.error();
    auto turn = CorpusTurn::take(corpus_);
    if (!turn) return std::move(turn).error();
    const auto done = carry_out(finder, *plan);
    if (!done) return done.error();
    for (const auto& text : done->skipped) fmt::print(stderr, "left alone: {}\n", runtime::printable(text));
    if (json_) {
      print_json(prune_json(*plan, &*done));
    } else {
      print(fmt::format("{} went into quarantine, {} were deleted\n", done->quarantined, done->deleted));
    }
    return ExitCode::kOk;
  }

 private:
  schema::Result<store::PrunePlan> look(ArchiveFinder& finder) {
    const Progress progress("reading the index of archives");
    store::CorpusCatalog catalog(finder.redis());
    return store::plan_prune(catalog, target_, runtime::unix_ms() / 1000, retention_);
  }

  schema::Result<store::Pruned> carry_out(ArchiveFinder& finder, const store::PrunePlan& plan) {
    const Progress progress("pruning");
    store::CorpusCatalog catalog(finder.redis());
    return store::prune(finder.store(), catalog, plan, runtime::unix_ms() / 1000);
  }

  void show(const store::PrunePlan& plan) const {
    const auto now = runtime::unix_ms();
    const Table table = prune_table(plan, true, now);
    if (!table.empty()) print(table);
    print(prune_text(plan, now));
  }

  schema::Result<ExitCode> take_back(ArchiveFinder& finder) {
    store::CorpusCatalog catalog(finder.redis());
    const auto row = catalog.find(restore_);
    if (!row) return row.error();
    if (row->quarantined_s == 0) return schema::invalid(fmt::format("{} is not in quarantine", row->id));
    auto turn = CorpusTurn::take(corpus_);
    if (!turn) return std::move(turn).error();
    const auto done = store::unquarantine_archive(finder.store(), catalog, *row, runtime::unix_ms() / 1000);
    if (!done) return done.error();
    if (json_) {
      print_json({{"restored", row->id}});
    } else {
      print(fmt::format("{} is listed again\n", row->object));
    }
    return ExitCode::kOk;
  }

  CorpusOptions corpus_;
  store::RetentionOptions retention_;
  std::string target_, older_, restore_;
  bool dry_run_ = false, yes_ = false, json_ = false;
};

}  // namespace

CommandRow corpus_prune_command() {
  return {{"corpus prune", "Puts archives that have expired into quarantine, and deletes them a day later",
           "One rule, the same that workers follow every day: an archive goes when it has expired; the "
           "newest ones of a "
           "target\n(--keep-last), the newest good one and the newest verified one stay. What went is in "
           "quarantine for a "
           "day: \n`fuzzmill corpus list --quarantine` shows it, --restore takes it back.\n\n"
           "--json: {\"steps\": [ARCHIVE with \"fate\" and \"reason\"], \"kept\": […], \"quarantine_bytes\", "
           "\"delete_bytes\",\n  \"done\": bool, \"quarantined\", \"deleted\", \"deleted_bytes\", "
           "\"skipped\": [text]}",
           "fuzzmill corpus prune --older-than 30d --keep-last 3 --dry-run"},
          make_command<Prune>};
}

}  // namespace fuzzmill::cli
