#include "runtime/fd.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace fuzzmill::runtime {

schema::Error from_errno(int number, std::string_view what) {
  auto message = fmt::format("{}: {}", what, std::strerror(number));
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return schema::not_found(std::move(message));
    case EACCES:
    case EPERM:
    case ENOEXEC:
      return schema::denied(std::move(message));
    case E2BIG:
      return schema::too_large(std::move(message));
    default:
      return schema::unavailable(std::move(message));
  }
}

}  // namespace fuzzmill::runtime
