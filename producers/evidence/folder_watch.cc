#include "producers/evidence/artifact_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fuzzmill::producers {

schema::Result<std::unique_ptr<ArtifactWatch>> ArtifactWatch::start(const std::filesystem::path& folder) {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return schema::unavailable(fmt::format("inotify: {}", std::strerror(errno)));
  std::unique_ptr<ArtifactWatch> watch(new ArtifactWatch(fd));
  if (::inotify_add_watch(fd, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
    auto message = fmt::format("{}: {}", folder.string(), std::strerror(errno));
    if (errno == ENOENT || errno == ENOTDIR) return schema::not_found(std::move(message));
    if (errno == EACCES) return schema::denied(std::move(message));
    return schema::unavailable(std::move(message));
  }
  return watch;
}

ArtifactWatch::~ArtifactWatch() { ::close(fd_); }

ArtifactWatch::Changes ArtifactWatch::read() {
  Changes changes;
  alignas(inotify_event) char buffer[16 * 1024];
  while (true) {
    const ssize_t got = ::read(fd_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return changes;
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      if ((event->mask & IN_Q_OVERFLOW) != 0) changes.overflow = true;
      if (event->len > 0) changes.names.emplace_back(event->name);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

}  // namespace fuzzmill::producers
