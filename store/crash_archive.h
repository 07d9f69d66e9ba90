// The crash archive: a folder for each group,
//
//   ROOT/crashes/<target>/<group>/meta.json            what Redis knows of the group, as of written_ms
//                                 inputs/<sha256>      the smallest K inputs
//                                 reports/<sha256>.txt the newest report of each kept input
//
// Which inputs are kept is decided in Redis (CrashIndex::plan_archive), so several workers may write the same
// group: put() only adds, settle() removes what Redis no longer keeps and writes meta.json, under a lock.
// Threads: any. Errors: those of ArchiveFolder and of the facts.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "store/crash_index.h"

namespace fuzzmill::store {

// Views of what a delivery brought.
struct CrashFiles {
  std::string input_sha256;  // 64 hex digits, or empty when the crash has no input
  std::string_view input;
  std::string_view report;  // empty: none
};

class CrashArchive {
 public:
  explicit CrashArchive(std::filesystem::path root);

  // Absolute. REQUIRES names as the index gave them.
  std::string folder(const std::string& target, const std::string& group) const;
  bool has_input(const std::string& target, const std::string& group, const std::string& sha256) const;

  // Durable on return. Inputs that are there already are not written again; reports are replaced.
  schema::Status put(const std::string& target, const std::string& group,
                     const std::vector<CrashFiles>& files) const;

  // `facts` is asked while the folder is locked, so that the last to write has the newest.
  using Facts = std::function<schema::Result<GroupDetail>()>;
  schema::Result<GroupDetail> settle(const std::string& target, const std::string& group, const Facts& facts,
                                     std::uint64_t now_ms) const;

 private:
  std::filesystem::path root_;
};

// The bytes of meta.json. Pure.
std::string crash_meta_json(const GroupDetail& group, std::uint64_t written_ms);

}  // namespace fuzzmill::store
