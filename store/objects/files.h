// What writing files safely takes: descriptors that close, the words for errno, all of a string written.
// Threads: any; a descriptor belongs to one at a time.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "schema/result.h"

namespace fuzzmill::store {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// How a folder of ours is opened: never through a symbolic link.
inline constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// "cannot write corpus/t/x: No space left on device (free some space, then it is tried again)".
// kNotFound, kDenied (also when a link or a folder stands where a file of ours should), kInvalid (names),
// kConflict (EEXIST), else kUnavailable.
schema::Error os_error(int code, std::string_view what, std::string_view name);

schema::Status write_whole(int fd, std::string_view bytes, std::string_view name);

}  // namespace fuzzmill::store
