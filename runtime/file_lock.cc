#include "runtime/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "runtime/printable.h"

namespace fuzzmill::runtime {

schema::Result<FileLock> FileLock::take(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return schema::unavailable(
        fmt::format("cannot make the lock {}: {}", file.string(), std::strerror(errno)));
  }
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    char owner[32] = {};
    const auto got = pread(descriptor, owner, sizeof owner - 1, 0);
    return schema::conflict(fmt::format("{} is in use by process {}: end that one first", file.string(),
                                        got > 0 ? printable(owner) : "?"));
  }
  const std::string mine = std::to_string(getpid());
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, mine.data(), mine.size(), 0) < 0) {
    return schema::unavailable(
        fmt::format("cannot write the lock {}: {}", file.string(), std::strerror(errno)));
  }
  return lock;
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace fuzzmill::runtime
