// Tells when files of a folder were written to the end or moved in (inotify). libFuzzer creates and writes
// its artifacts in place, so a name alone says nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::producers {

class ArtifactWatch {
 public:
  // kNotFound, kDenied; kUnavailable when the machine is out of watches (fs.inotify.max_user_watches).
  static schema::Result<std::unique_ptr<ArtifactWatch>> start(const std::filesystem::path& folder);
  ~ArtifactWatch();
  ArtifactWatch(const ArtifactWatch&) = delete;
  ArtifactWatch& operator=(const ArtifactWatch&) = delete;

  int fd() const { return fd_; }  // readable when read() has something

  struct Changes {
    std::vector<std::string> names;
    bool overflow = false;  // some were lost: scan the folder
  };
  Changes read();

 private:
  explicit ArtifactWatch(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace fuzzmill::producers
