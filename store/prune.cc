#include "store/prune.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "store/archive_names.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;
using schema::Status;

// The objects of an archive, the archive itself first.
std::array<std::string, 2> objects_of(const CatalogRow& row) {
  return {row.object, checksum_object(row.object)};
}

RetentionRow retention_row(const CatalogRow& row) {
  RetentionRow out;
  out.series = row.target, out.id = row.id, out.order = row.order;
  out.time_s = (row.recorded_ms != 0 ? row.recorded_ms : row.time_ms) / 1000;
  out.expires_s = row.expires_s, out.verified = row.verified_ms != 0, out.bad = !row.bad.empty();
  out.delete_s = row.quarantined_s == 0 ? 0 : std::max<std::uint64_t>(row.delete_s, 1);
  return out;
}

// rename() that is done already, wholly or but for the removal, when it was cut off before.
Status move(ObjectStore& store, const std::string& from, const std::string& to) {
  auto moved = store.rename(from, to);
  if (moved || (moved.error().code != ErrorCode::kNotFound && moved.error().code != ErrorCode::kConflict)) {
    return moved;
  }
  const auto source = store.stat(from), target = store.stat(to);
  const bool there = target.ok(), gone = !source.ok() && source.error().code == ErrorCode::kNotFound;
  if (gone && there) return {};
  if (source.ok() && there && source->size == target->size) return store.remove(from);
  return moved;
}

// An archive may lack its checksum; that is no reason to stop halfway.
Status move_all(ObjectStore& store, const CatalogRow& row, bool into_quarantine) {
  for (const std::string& object : objects_of(row)) {
    const std::string away = quarantine_object(object);
    auto moved = into_quarantine ? move(store, object, away) : move(store, away, object);
    const bool checksum = object != row.object;
    if (!moved && !(checksum && moved.error().code == ErrorCode::kNotFound)) return moved;
  }
  return {};
}

Status delete_archive(ObjectStore& store, CorpusCatalog& catalog, const CatalogRow& row) {
  for (const std::string& object : objects_of(row)) {
    if (auto removed = store.remove(quarantine_object(object)); !removed) return removed;
  }
  return catalog.forget(row.id);
}

// What changed since the plan was made is not pruned: the next plan sees it.
bool still(const CatalogRow& planned, const CatalogRow& now) {
  return planned.expires_s == now.expires_s && planned.quarantined_s == now.quarantined_s &&
         planned.object == now.object;
}

}  // namespace

Result<PrunePlan> plan_prune(CorpusCatalog& catalog, const std::string& target, std::uint64_t now_s,
                             const RetentionOptions& options) {
  auto rows = catalog.list(target, std::numeric_limits<std::int64_t>::max());
  if (!rows) return std::move(rows).error();
  auto away = catalog.quarantined();
  if (!away) return std::move(away).error();
  for (CatalogRow& row : *away) {
    if (target.empty() || row.target == target) rows->push_back(std::move(row));
  }
  std::vector<RetentionRow> judged;
  for (const CatalogRow& row : *rows) judged.push_back(retention_row(row));
  auto verdicts = judge_retention(judged, now_s, options);
  PrunePlan plan;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    PruneStep step{std::move((*rows)[i]), std::move(verdicts[i])};
    if (step.verdict.fate == Fate::kQuarantine) plan.quarantine_bytes += step.row.bytes;
    if (step.verdict.fate == Fate::kDelete) plan.delete_bytes += step.row.bytes;
    (step.verdict.fate == Fate::kKeep ? plan.kept : plan.steps).push_back(std::move(step));
  }
  std::stable_sort(plan.steps.begin(), plan.steps.end(), [](const PruneStep& a, const PruneStep& b) {
    if (a.row.bad.empty() != b.row.bad.empty()) return !a.row.bad.empty();
    return a.row.order < b.row.order;
  });
  return plan;
}

Result<Pruned> prune(ObjectStore& store, CorpusCatalog& catalog, const PrunePlan& plan, std::uint64_t now_s) {
  Pruned done;
  for (const PruneStep& step : plan.steps) {
    const auto now = catalog.get(step.row.id);
    if (!now && now.error().code != ErrorCode::kNotFound) return now.error();
    if (!now || !still(step.row, *now)) {
      done.skipped.push_back(fmt::format("{}: it changed since the plan was made", step.row.object));
      continue;
    }
    const bool away = step.verdict.fate == Fate::kDelete;
    auto gone = away ? delete_archive(store, catalog, *now)
                     : quarantine_archive(store, catalog, *now, now_s, step.verdict.reason);
    if (!gone && gone.error().code == ErrorCode::kConflict) {
      done.skipped.push_back(fmt::format("{}: {}", step.row.object, gone.error().message));
      continue;
    }
    if (!gone && gone.error().code != ErrorCode::kNotFound) return std::move(gone).error();
    if (!gone) done.skipped.push_back(fmt::format("{}: {}", step.row.object, gone.error().message));
    ++(away ? done.deleted : done.quarantined);
    (away ? done.deleted_bytes : done.quarantined_bytes) += step.row.bytes;
  }
  return done;
}

Status quarantine_archive(ObjectStore& store, CorpusCatalog& catalog, const CatalogRow& row,
                          std::uint64_t now_s, const std::string& why) {
  if (auto off = catalog.quarantine(row.id, now_s, now_s + kQuarantine_s, why); !off) return off;
  return move_all(store, row, true);
}

Status unquarantine_archive(ObjectStore& store, CorpusCatalog& catalog, const CatalogRow& row,
                            std::uint64_t now_s) {
  if (auto moved = move_all(store, row, false); !moved) return moved;
  return catalog.unquarantine(row.id, now_s + kCorpusRetention_s);
}

}  // namespace fuzzmill::store
