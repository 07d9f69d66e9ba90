#include "workers/archive/corpus_care.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/log.h"
#include "store/archive/archive_reader.h"
#include "store/crash_prune.h"
#include "store/prune.h"

namespace fuzzmill::workers {
namespace {

constexpr std::uint64_t kTurn_s = 3600;
constexpr std::uint64_t kPruneAgain_ms = 600'000;  // when another one had the turn, or it failed
constexpr std::size_t kMostArchives = 100'000;

std::string who() {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return fmt::format("{}-{}", host, getpid());
}

}  // namespace

schema::Result<CorpusCare::Report> CorpusCare::tend(store::Redis& redis, std::uint64_t now_ms) {
  Report report;
  if (auto done = build_and_clear(redis, now_ms, report); !done) return done.error();
  if (now_ms >= next_prune_ms_) {
    next_prune_ms_ = now_ms + kPruneAgain_ms;
    if (auto done = prune(redis, now_ms, report); !done) return done.error();
  }
  if (auto done = verify_one(redis, now_ms, report); !done) return done.error();
  return report;
}

// A worker that died between the last page and the archive leaves its work here.
schema::Status CorpusCare::build_and_clear(store::Redis& redis, std::uint64_t now_ms, Report& report) {
  Staging staging(store_);
  CorpusBuilder builder(store_, redis, build_);
  auto staged = staging.list("");
  if (!staged) return std::move(staged).error();
  for (const auto& snapshot : *staged) {
    auto built = builder.build(snapshot.name, now_ms);
    if (!built && built.error().code == schema::ErrorCode::kUnavailable) return std::move(built).error();
    if (!built)
      runtime::log_error("a snapshot was refused",
                         {{"target", snapshot.name.target}, {"error", built.error().message}});
    if (built && *built) ++report.built;
    if (!built || *built || now_ms / 1000 < snapshot.newest_s + options_.stale_s) continue;
    if (auto removed = staging.remove(snapshot); !removed) return removed;
    if (auto corrected = builder.correct_have(snapshot.name.target); !corrected) return corrected;
    ++report.cleared;
    runtime::log_warn("a snapshot that never got whole was cleared away",
                      {{"target", snapshot.name.target},
                       {"node", snapshot.name.node},
                       {"pages", snapshot.listings.size()}});
  }
  return {};
}

schema::Status CorpusCare::prune(store::Redis& redis, std::uint64_t now_ms, Report& report) {
  store::CorpusCatalog catalog(redis);
  const std::string me = who();
  const auto mine = catalog.take_turn(me, kTurn_s);
  if (!mine) return mine.error();
  if (!*mine) return {};
  const auto work = [&]() -> schema::Status {
    const auto healed = store::heal(store_, catalog, now_ms / 1000);
    if (!healed) return healed.error();
    for (const auto& name : healed->missing)
      runtime::log_error("an archive is gone from its store", {{"archive", name}});
    if (!healed->unknown.empty())
      runtime::log_warn("the store has archives that the index does not know: fuzzmill corpus reindex",
                        {{"archives", healed->unknown.size()}, {"first", healed->unknown.front()}});
    const auto plan = store::plan_prune(catalog, "", now_ms / 1000, options_.retention);
    if (!plan) return plan.error();
    const auto pruned = store::prune(store_, catalog, *plan, now_ms / 1000);
    if (!pruned) return pruned.error();
    report.pruned = pruned->quarantined, report.deleted = pruned->deleted;
    if (pruned->quarantined + pruned->deleted > 0)
      runtime::log_info("pruned", {{"quarantined", pruned->quarantined},
                                   {"deleted", pruned->deleted},
                                   {"bytes", pruned->deleted_bytes}});
    return options_.crashes.empty() ? schema::Status{} : prune_crashes(redis, now_ms, report);
  };
  auto done = work();
  (void)catalog.leave_turn(me);
  if (done) next_prune_ms_ = now_ms + options_.prune_every_ms;
  return done;
}

schema::Status CorpusCare::prune_crashes(store::Redis& redis, std::uint64_t now_ms, Report& report) {
  auto crashes = store::CrashPruning::at(options_.crashes, redis);
  if (!crashes) return std::move(crashes).error();
  if (const auto healed = crashes->heal(); !healed) return healed.error();
  const auto plan = crashes->plan(now_ms / 1000, std::nullopt);
  if (!plan) return plan.error();
  const auto pruned = crashes->prune(*plan, now_ms / 1000);
  if (!pruned) return pruned.error();
  report.pruned += pruned->quarantined, report.deleted += pruned->deleted;
  if (pruned->quarantined + pruned->deleted > 0)
    runtime::log_info("pruned crash archives",
                      {{"quarantined", pruned->quarantined}, {"deleted", pruned->deleted}});
  return {};
}

// A damaged archive goes into quarantine, so that the next one is built on one that is whole, and what only
// the damaged one had is asked for again.
schema::Status CorpusCare::put_away(store::Redis& redis, const store::CatalogRow& row, const std::string& bad,
                                    std::uint64_t now_ms) {
  store::CorpusCatalog catalog(redis);
  const auto done = store::quarantine_archive(store_, catalog, row, now_ms / 1000, "does not verify: " + bad);
  using schema::ErrorCode;
  if (!done && done.error().code != ErrorCode::kConflict && done.error().code != ErrorCode::kNotFound)
    return done;
  return CorpusBuilder(store_, redis, build_).correct_have(row.target);
}

// The one that was longest not read.
schema::Status CorpusCare::verify_one(store::Redis& redis, std::uint64_t now_ms, Report& report) {
  store::CorpusCatalog catalog(redis);
  const auto rows = catalog.list("", kMostArchives);
  if (!rows) return rows.error();
  const store::CatalogRow* next = nullptr;
  for (const auto& row : *rows) {
    if (!row.bad.empty()) {  // somebody else verified it
      if (auto away = put_away(redis, row, row.bad, now_ms); !away) return away;
    }
    if (row.bad.empty() && now_ms >= row.verified_ms + options_.verify_every_ms &&
        (next == nullptr || row.verified_ms < next->verified_ms))
      next = &row;
  }
  if (next == nullptr) return {};
  auto source = store_.open(next->object);
  auto read = source ? store::verify_archive(std::move(*source), next->sha256)
                     : schema::Result<store::VerifiedArchive>(source.error());
  if (!read && read.error().code == schema::ErrorCode::kUnavailable) return std::move(read).error();
  const std::string bad = read ? "" : read.error().message;
  if (auto set = catalog.set_verified(next->id, now_ms, bad); !set) return set;
  ++report.verified;
  if (read) return {};
  ++report.bad;
  runtime::log_error("an archive does not verify", {{"archive", next->object}, {"error", bad}});
  return put_away(redis, *next, bad, now_ms);
}

}  // namespace fuzzmill::workers
