#include "store/crash_prune.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "store/objects/folder_walk.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;
using schema::Status;

constexpr std::string_view kQuarantine = "quarantine/";

std::string folder_of(const std::string& target, const std::string& group) {
  return fmt::format("crashes/{}/{}", target, group);
}
std::string away_of(const std::string& place) { return fmt::format("{}crashes/{}", kQuarantine, place); }

RetentionRow retention_row(const CrashArchiveRow& row) {
  RetentionRow out;
  out.series = out.id = row.group, out.time_s = row.archived_ms / 1000, out.expires_s = row.expires_s;
  out.delete_s = row.delete_s;
  return out;
}

}  // namespace

Result<CrashPruning> CrashPruning::at(const std::filesystem::path& root, Redis& redis) {
  std::error_code failed;
  auto absolute = std::filesystem::absolute(root, failed).lexically_normal();
  FileDescriptor fd(::open(absolute.c_str(), kFolderFlags & ~O_NOFOLLOW));
  if (fd.get() < 0) return os_error(errno, "cannot open the archive folder", absolute.string());
  return CrashPruning(std::move(absolute), std::move(fd), redis);
}

bool CrashPruning::has(const std::string& folder) const {
  struct stat status {};
  const auto place = find_place(fd_.get(), folder, Missing::kError);
  return place && fstatat(place->folder.get(), place->word.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

std::uint64_t CrashPruning::bytes_below(const std::string& folder) const {
  std::uint64_t bytes = 0;
  const auto files = list_folder(fd_.get(), folder + "/");
  if (!files) return 0;  // a plan says what it can
  for (const StoredObject& file : *files) bytes += file.size;
  return bytes;
}

Result<CrashPrunePlan> CrashPruning::plan(std::uint64_t now_s, std::optional<std::uint64_t> older_than_s) {
  auto rows = retention_.list();
  if (!rows) return std::move(rows).error();
  auto away = retention_.quarantined();
  if (!away) return std::move(away).error();
  rows->insert(rows->end(), away->begin(), away->end());
  std::vector<RetentionRow> judged;
  for (const CrashArchiveRow& row : *rows) judged.push_back(retention_row(row));
  const auto verdicts = judge_retention(judged, now_s, {older_than_s, 0, true});
  CrashPrunePlan plan;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const CrashArchiveRow& row = (*rows)[i];
    if (verdicts[i].fate == Fate::kKeep) {
      ++plan.kept;
      continue;
    }
    const bool gone = verdicts[i].fate == Fate::kDelete;
    const auto bytes = bytes_below(gone ? away_of(row.place) : folder_of(row.target, row.group));
    (gone ? plan.delete_bytes : plan.quarantine_bytes) += bytes;
    plan.steps.push_back({row, verdicts[i], bytes});
  }
  return plan;
}

Status CrashPruning::move_away(const std::string& target, const std::string& group,
                               const std::string& place) {
  auto moved = rename_folder(fd_.get(), folder_of(target, group), away_of(place));
  if (!moved && moved.error().code == ErrorCode::kNotFound) return {};  // there was none, or it went already
  return moved;
}

Result<CrashPruned> CrashPruning::prune(const CrashPrunePlan& plan, std::uint64_t now_s) {
  CrashPruned done;
  for (const CrashPruneStep& step : plan.steps) {
    if (step.verdict.fate == Fate::kDelete) {
      if (auto gone = remove_folder(fd_.get(), away_of(step.row.place)); !gone)
        return std::move(gone).error();
      if (auto gone = retention_.forget(step.row.place); !gone) return std::move(gone).error();
      ++done.deleted, done.deleted_bytes += step.bytes;
      continue;
    }
    const auto place = retention_.quarantine(step.row, now_s, now_s + kQuarantine_s);
    if (!place && place.error().code == ErrorCode::kConflict) {
      done.skipped.push_back(place.error().message);
      continue;
    }
    if (!place) return place.error();
    if (auto moved = move_away(step.row.target, step.row.group, *place); !moved)
      return std::move(moved).error();
    ++done.quarantined, done.quarantined_bytes += step.bytes;
  }
  return done;
}

Result<std::uint64_t> CrashPruning::heal() {
  const auto away = retention_.quarantined();
  if (!away) return away.error();
  std::uint64_t moved = 0;
  for (const CrashArchiveRow& row : *away) {
    const bool here = has(folder_of(row.target, row.group));
    if (!here || has(away_of(row.place))) continue;
    if (row.archived_again) {  // into the folder that did not go in time: it is alive
      if (auto dropped = retention_.forget(row.place); !dropped) return std::move(dropped).error();
      continue;
    }
    if (auto done = move_away(row.target, row.group, row.place); !done) return std::move(done).error();
    ++moved;
  }
  return moved;
}

Status CrashPruning::restore(const CrashArchiveRow& row, std::uint64_t now_ms) {
  const std::string folder = folder_of(row.target, row.group), away = away_of(row.place);
  auto moved = rename_folder(fd_.get(), away, folder);
  if (!moved && !(moved.error().code == ErrorCode::kNotFound && has(folder) && !row.archived_again))
    return moved;
  const auto files = list_folder(fd_.get(), folder + "/inputs/");
  if (!files) return files.error();
  std::vector<std::pair<std::string, std::uint64_t>> inputs;
  for (const StoredObject& file : *files) {
    const std::string sha256 = file.name.substr(file.name.rfind('/') + 1);
    if (valid_signature(sha256)) inputs.emplace_back(sha256, file.size);
  }
  // The severity of the group now decides how long it is kept; the next write says it anew.
  return retention_.restored(row, (root_ / folder).string(), row.severity, inputs, now_ms);
}

}  // namespace fuzzmill::store
