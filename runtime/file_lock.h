// A lock on a folder or name, held as long as the process lives: flock(2) on a file that stays there and
// holds the pid of its owner for people. The kernel lets go when the owner dies, however it dies.
#pragma once

#include <filesystem>

#include "schema/result.h"

namespace fuzzmill::runtime {

class FileLock {
 public:
  // Does not wait. kConflict when another process holds it (the message names its pid), kUnavailable
  // when the file cannot be made.
  static schema::Result<FileLock> take(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace fuzzmill::runtime
