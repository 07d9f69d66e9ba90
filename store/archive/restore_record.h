// The restore manifest: what a restore added, one line a file, beside the folder. For restore alone.
// Threads: one. It is written as files are added, under its name and ".part"; finish() gives the name, which
// never replaces. Errors: of the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "schema/result.h"
#include "store/archive/restore.h"
#include "store/objects/files.h"

namespace fuzzmill::store {

class RestoreRecord {
 public:
  static schema::Result<RestoreRecord> open(const std::filesystem::path& folder,
                                            const std::string& archive_id, const std::string& target,
                                            std::uint64_t now_ms);
  // Its name, when it is another than planned, and why.
  schema::Status add(const PlannedFile& file, const std::string& name, const std::string& why_renamed);
  // The path. `problem`: why the restore ended early, or empty.
  schema::Result<std::string> finish(const std::string& problem);

 private:
  RestoreRecord(FileDescriptor file, std::filesystem::path part, std::string stem)
      : file_(std::move(file)), part_(std::move(part)), stem_(std::move(stem)) {}
  schema::Status flush();

  FileDescriptor file_;
  std::filesystem::path part_;
  std::string stem_;  // of its name
  std::string text_;  // not yet written
  bool first_ = true;
};

}  // namespace fuzzmill::store
