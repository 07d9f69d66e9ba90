// A folder that archives write into and never out of: every step is openat() of one checked name with
// O_NOFOLLOW, so neither a hostile name nor a symbolic link in the way leads elsewhere.
// Life cycle: open() the root (made if need be), enter() sub-folders; descriptors close with the object.
// Threads: an object is used by one at a time; several objects, processes and machines may share a folder.
// Errors: kInvalid for a name that is none, kNotFound, kDenied when something that is no folder or file of
// ours stands there or the mode forbids it, kUnavailable when the disk is full or failing.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "store/objects/files.h"

namespace fuzzmill::store {

class ArchiveFolder {
 public:
  static schema::Result<ArchiveFolder> open(const std::filesystem::path& root);

  // The sub-folder; made (and durable) when it is not there.
  schema::Result<ArchiveFolder> enter(const std::string& name) const;

  // Durable and whole, or not there: a temporary file, fsync, rename, fsync of the folder. `verify` sees
  // what was read back from the disk before the name is given; its error is returned and nothing stays.
  using Verify = std::function<schema::Status(const std::string& read_back)>;
  schema::Status write(const std::string& name, std::string_view bytes, const Verify& verify = {}) const;

  schema::Result<std::string> read(const std::string& name, std::size_t limit) const;
  bool has(const std::string& name) const;                // as a regular file
  schema::Result<std::vector<std::string>> list() const;  // regular files, sorted; temporary ones left out
  schema::Status remove(const std::string& name) const;   // fine when it is gone already

  // Files that a worker left half-written when it died. `age` keeps those being written now.
  void remove_leftovers(std::chrono::seconds age) const;

  // Held until destruction; waits for other holders, in this process and others on this machine.
  schema::Result<FileDescriptor> lock() const;

 private:
  explicit ArchiveFolder(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

}  // namespace fuzzmill::store
