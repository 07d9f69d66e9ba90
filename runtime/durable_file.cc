#include "runtime/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fuzzmill::runtime {
namespace {

schema::Error failed(const char* what, const std::filesystem::path& path, int error) {
  auto message = fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(error));
  return error == EACCES || error == EROFS ? schema::denied(std::move(message))
                                           : schema::unavailable(std::move(message));
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

schema::Status write_durably(const std::filesystem::path& file, std::string_view bytes) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const auto half = folder / fmt::format(".{}.{}", file.filename().string(), ::getpid());
  const int fd = ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return failed("make", half, errno);
  int error = write_all(fd, bytes);
  ::close(fd);
  if (error == 0 && std::rename(half.c_str(), file.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(half.c_str());
    return failed("write", file, error);
  }
  const int at = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return failed("open", folder, errno);
  error = ::fsync(at) == 0 ? 0 : errno;
  ::close(at);
  if (error != 0) return failed("sync", folder, error);
  return {};
}

}  // namespace fuzzmill::runtime
