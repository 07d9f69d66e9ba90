#include "store/objects/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace fuzzmill::store {

schema::Error os_error(int code, std::string_view what, std::string_view name) {
  std::string message = fmt::format("{} {}: {}", what, name, std::strerror(code));
  switch (code) {
    case ENOENT:
      return schema::not_found(std::move(message));
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
      return schema::denied(message + " (something that is not ours stands in the way)");
    case EACCES:
    case EPERM:
    case EROFS:
      return schema::denied(std::move(message));
    case ENAMETOOLONG:
    case EINVAL:
      return schema::invalid(std::move(message));
    case EEXIST:
      return schema::conflict(std::move(message));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return schema::unavailable(message + " (make room, then try again)");
    default:
      return schema::unavailable(std::move(message));
  }
}

schema::Status write_whole(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error(errno, "cannot write", name);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace fuzzmill::store
