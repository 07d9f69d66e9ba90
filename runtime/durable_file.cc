#include "runtime/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "runtime/fd.h"

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
  const Fd at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at.open()) return failed("open", folder, errno);
  std::string half = (folder / fmt::format(".{}.XXXXXX", file.filename().string())).string();
  Fd fd(::mkostemp(half.data(), O_CLOEXEC));  // mode 600
  if (!fd.open()) return failed("make", half, errno);
  int error = write_all(fd.get(), bytes);
  fd.close();
  if (error == 0 && std::rename(half.c_str(), file.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(half.c_str());
    return failed("write", file, error);
  }
  if (::fsync(at.get()) != 0) return failed("sync", folder, errno);
  return {};
}

}  // namespace fuzzmill::runtime
