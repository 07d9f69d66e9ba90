// Pruning and verifying crash archives, under the rule of store/retention.h: each is kept by its own time,
// then lies a day in quarantine,
//
//   ROOT/crashes/<target>/<group>/  →  ROOT/quarantine/crashes/<target>/<group>.<Unix time>/  →  nothing
//
// Redis first, then the folder, as with corpora (store/prune.h), and healed alike. The caller has the turn
// (CorpusCatalog::take_turn()).
// Threads: that of Redis. Errors: those of Redis and of the folder; what was done so far stays done.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/crash_index.h"
#include "store/crash_retention.h"
#include "store/objects/files.h"
#include "store/objects/object_store.h"
#include "store/retention.h"

namespace fuzzmill::store {

struct CrashPruneStep {
  CrashArchiveRow row;
  RetentionVerdict verdict;
  std::uint64_t bytes = 0;  // of its folder
};
struct CrashPrunePlan {
  std::vector<CrashPruneStep> steps;  // what goes
  std::uint64_t kept = 0;
  std::uint64_t quarantine_bytes = 0, delete_bytes = 0;
};
struct CrashPruned {
  std::uint64_t quarantined = 0, deleted = 0;
  std::uint64_t quarantined_bytes = 0, deleted_bytes = 0;
  std::vector<std::string> skipped;  // in words
};

class CrashPruning {
 public:
  // `root` is that of CrashArchive.
  static schema::Result<CrashPruning> at(const std::filesystem::path& root, Redis& redis);

  // `older_than_s`: by the time of the last change in place of the severity's.
  schema::Result<CrashPrunePlan> plan(std::uint64_t now_s, std::optional<std::uint64_t> older_than_s);
  schema::Result<CrashPruned> prune(const CrashPrunePlan& plan, std::uint64_t now_s);
  // Ends what was cut off: folders are where Redis says. How many were moved.
  schema::Result<std::uint64_t> heal();
  // Takes one back out of quarantine. kConflict when its group was archived again.
  schema::Status restore(const CrashArchiveRow& row, std::uint64_t now_ms);

 private:
  CrashPruning(std::filesystem::path root, FileDescriptor fd, Redis& redis)
      : root_(std::move(root)), fd_(std::move(fd)), retention_(redis) {}
  schema::Status move_away(const std::string& target, const std::string& group, const std::string& place);
  bool has(const std::string& folder) const;
  std::uint64_t bytes_below(const std::string& folder) const;

  std::filesystem::path root_;
  FileDescriptor fd_;
  CrashRetention retention_;
};

// What a group's folder holds, every byte read.
struct VerifiedCrash {
  std::uint64_t inputs = 0, bytes = 0;
  std::vector<std::string> problems;  // "inputs/<sha256>: its bytes are others"
};
// `store` is a FolderStore at the root; `expected` are the inputs that Redis keeps (GroupDetail::inputs).
schema::Result<VerifiedCrash> verify_crash_archive(
    ObjectStore& store, const std::string& target, const std::string& group,
    const std::vector<std::pair<std::string, std::uint64_t>>& expected);

}  // namespace fuzzmill::store
