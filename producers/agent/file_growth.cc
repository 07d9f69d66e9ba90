#include "producers/agent/file_growth.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fuzzmill::producers {

GrowingFile::Growth FileGrowth::read() {
  const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return {};
  struct stat info {};
  GrowingFile::Growth growth;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    growth =
        growing_.read(static_cast<std::uint64_t>(info.st_size), [fd](std::uint64_t offset, std::size_t size) {
          std::string bytes(size, '\0');
          const ssize_t got = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
          bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
          return bytes;
        });
  }
  ::close(fd);
  return growth;
}

}  // namespace fuzzmill::producers
