// Objects as files below a folder:
//
//   ROOT/<name>          an object, whole
//   ROOT/.scratch/…      files being made; no object's name begins with a dot
//
// Every step is openat() of one checked word with O_NOFOLLOW, so neither a hostile name nor a symbolic link
// in the way leads out of ROOT. A file is fsynced before it gets its name, and its folder after. Folders that
// became empty go with their last object.
//
// Life cycle: at() makes ROOT and sweeps what dead writers left in .scratch (older than kLeftoverAge).
// Threads: any; several processes, and machines that share a file system, may use one ROOT at once.
// Errors: those of ObjectStore. A full disk is kUnavailable and leaves nothing, neither under the name nor in
// .scratch.
#pragma once

#include <chrono>
#include <memory>

#include "store/objects/files.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

inline constexpr std::chrono::hours kLeftoverAge{24};  // nobody makes an archive for so long

class FolderStore : public ObjectStore {
 public:
  static schema::Result<std::unique_ptr<FolderStore>> at(const std::filesystem::path& root);

  std::string where() const override { return root_.string(); }
  std::filesystem::path scratch() const override;
  schema::Status put(const std::string& name, std::string_view bytes) override;
  schema::Status put_file(const std::string& name, const std::filesystem::path& file) override;
  schema::Result<std::unique_ptr<ByteSource>> open(const std::string& name) override;
  schema::Result<StoredObject> stat(const std::string& name) override;
  schema::Result<std::vector<StoredObject>> list(const std::string& prefix) override;
  schema::Status rename(const std::string& from, const std::string& to) override;
  schema::Status remove(const std::string& name) override;

  // Removes files of .scratch that nobody has written for `age`.
  void remove_leftovers(std::chrono::seconds age) const;

 private:
  FolderStore(std::filesystem::path root, FileDescriptor fd, FileDescriptor scratch)
      : root_(std::move(root)), fd_(std::move(fd)), scratch_(std::move(scratch)) {}

  // Gives the file `temporary` of .scratch its name; takes it away when that fails.
  schema::Status publish(const std::string& temporary, const std::string& name) const;

  std::filesystem::path root_;  // absolute
  FileDescriptor fd_, scratch_;
};

}  // namespace fuzzmill::store
