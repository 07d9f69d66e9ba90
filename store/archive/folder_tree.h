// A folder that files are added to and nothing is changed in: each is written whole before it has a name, and
// a name that is taken stays as it is. For restore alone. Threads: one. Errors: kConflict when the name is
// taken or its folder's is no folder, else of the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/result.h"
#include "store/objects/files.h"

namespace fuzzmill::store {

inline constexpr std::string_view kTemporaryPrefix = ".fuzzmill-restore-";

class FolderTree {
 public:
  // Made when it is not there. kConflict when `must_be_empty` and it is not.
  static schema::Result<FolderTree> open(const std::filesystem::path& folder, bool must_be_empty);

  // Writes a file that has no name yet; give_name() names the last one written.
  schema::Status write(std::string_view bytes, std::int64_t mtime_ms);
  schema::Status give_name(const std::string& name);
  // Of the file system, bytes.
  schema::Result<std::uint64_t> free_space() const;
  // Everything that was added is on the disk.
  schema::Status sync() const;

  ~FolderTree();
  FolderTree(FolderTree&&) = default;
  FolderTree& operator=(FolderTree&&) = delete;

 private:
  explicit FolderTree(FileDescriptor root) : root_(std::move(root)) {}
  schema::Result<int> parent_of(const std::string& name);
  schema::Status open_unnamed();

  FileDescriptor root_;
  FileDescriptor file_;                                      // written, without a name
  std::string temporary_;                                    // its name where the file system wants one
  bool named_ = false;                                       // no O_TMPFILE here
  std::unordered_map<std::string, FileDescriptor> folders_;  // the last that were used
};

}  // namespace fuzzmill::store
