// Tells when files of some folders were written to the end or moved in, and when sub-folders appear
// (inotify). A fuzzer creates and writes its artifacts in place, so a name alone says nothing.
//
// Only what changes rarely is worth a watch: AFL++ makes a file of its output folder anew for each execution.
// Life cycle: a folder that vanishes is forgotten and may be added again. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::producers {

class FolderWatch {
 public:
  enum class Interest { kFiles, kFolders };

  // kUnavailable when the machine is out of inotify instances (fs.inotify.max_user_instances).
  static schema::Result<std::unique_ptr<FolderWatch>> make();
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Again with the same folder and interest is no error. kNotFound, kDenied; kUnavailable when the machine is
  // out of watches (fs.inotify.max_user_watches).
  schema::Status add(const std::filesystem::path& folder, Interest interest);
  bool watches(const std::filesystem::path& folder) const;

  int fd() const { return fd_; }  // readable when read() has something

  struct Changes {
    std::vector<std::filesystem::path> files;    // closed after writing, or moved in
    std::vector<std::filesystem::path> folders;  // new
    bool overflow = false;                       // some were lost: scan the folders
  };
  Changes read();

 private:
  explicit FolderWatch(int fd) : fd_(fd) {}

  int fd_;
  std::map<int, std::filesystem::path> folders_;  // by watch descriptor
};

}  // namespace fuzzmill::producers
