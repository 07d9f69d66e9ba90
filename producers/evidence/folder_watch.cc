#include "producers/evidence/folder_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fuzzmill::producers {

schema::Result<std::unique_ptr<FolderWatch>> FolderWatch::make() {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) {
    return schema::unavailable(
        fmt::format("inotify: {} (fs.inotify.max_user_instances may be too low)", std::strerror(errno)));
  }
  return std::unique_ptr<FolderWatch>(new FolderWatch(fd));
}

FolderWatch::~FolderWatch() { ::close(fd_); }

schema::Status FolderWatch::add(const std::filesystem::path& folder, Interest interest) {
  const std::uint32_t mask =
      interest == Interest::kFiles ? IN_CLOSE_WRITE | IN_MOVED_TO : IN_CREATE | IN_MOVED_TO;
  const int watch = ::inotify_add_watch(fd_, folder.c_str(), mask | IN_ONLYDIR | IN_EXCL_UNLINK);
  if (watch >= 0) {
    folders_[watch] = folder;
    return {};
  }
  auto message = fmt::format("{}: {}", folder.string(), std::strerror(errno));
  if (errno == ENOENT || errno == ENOTDIR) return schema::not_found(std::move(message));
  if (errno == EACCES) return schema::denied(std::move(message));
  if (errno == ENOSPC) message += " (fs.inotify.max_user_watches may be too low)";
  return schema::unavailable(std::move(message));
}

bool FolderWatch::watches(const std::filesystem::path& folder) const {
  return std::any_of(folders_.begin(), folders_.end(),
                     [&](const auto& entry) { return entry.second == folder; });
}

FolderWatch::Changes FolderWatch::read() {
  Changes changes;
  alignas(inotify_event) char buffer[16 * 1024];
  while (true) {
    const ssize_t got = ::read(fd_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return changes;
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) changes.overflow = true;
      const auto folder = folders_.find(event->wd);
      if (folder == folders_.end()) continue;
      if ((event->mask & IN_IGNORED) != 0) {
        folders_.erase(folder);
      } else if (event->len > 0 && (event->mask & IN_ISDIR) != 0) {
        changes.folders.push_back(folder->second / event->name);
      } else if (event->len > 0 && (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
        changes.files.push_back(folder->second / event->name);
      }
    }
  }
}

}  // namespace fuzzmill::producers
