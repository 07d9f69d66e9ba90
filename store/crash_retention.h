// How long crash archives are kept: what Redis knows of it. The time of each is set by its severity when it
// is written (retention_days() of store/crash_index.h): CRITICAL a year, HIGH half of one, MEDIUM 90 days,
// LOW 30.
//
// A group whose archive goes into quarantine keeps its numbers; it has no archive and no kept inputs any
// more, so when it crashes again a new folder is begun. Life cycle, threads, errors: those of its Redis;
// kConflict as told below.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/redis.h"

namespace fuzzmill::store {

struct CrashArchiveRow {
  std::string group;     // 16 hex digits
  std::string target;    // names its folder
  std::string severity;  // when it was archived; of one in quarantine: now
  std::uint64_t archived_ms = 0;
  std::uint64_t expires_s = 0;  // Unix time
  std::string place;            // in quarantine: <target>/<group>.<second>, below quarantine/crashes/
  std::uint64_t delete_s = 0;   // of one in quarantine: when it may be deleted
  bool archived_again = false;  // of one in quarantine: its group has a new archive
};

class CrashRetention {
 public:
  explicit CrashRetention(Redis& redis) : redis_(redis) {}

  schema::Result<std::vector<CrashArchiveRow>> list();         // the first to expire first
  schema::Result<std::vector<CrashArchiveRow>> quarantined();  // the first to be deleted first

  // Gives the place. kConflict when the archive was written since `row` was read.
  schema::Result<std::string> quarantine(const CrashArchiveRow& row, std::uint64_t now_s,
                                         std::uint64_t delete_s);
  // Its folder is back at `path` with these inputs (SHA-256 and size). kConflict when it is not in quarantine
  // or its group has a new archive.
  schema::Status restored(const CrashArchiveRow& row, const std::string& path, const std::string& severity,
                          const std::vector<std::pair<std::string, std::uint64_t>>& inputs,
                          std::uint64_t now_ms);
  schema::Status forget(const std::string& place);  // of quarantine; fine when it is gone already

 private:
  Redis& redis_;
};

}  // namespace fuzzmill::store
