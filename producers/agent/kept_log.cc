#include "producers/agent/kept_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace fuzzmill::producers {
namespace {

constexpr std::chrono::seconds kPause{30};

}  // namespace

KeptLog::~KeptLog() {
  if (fd_ >= 0) ::close(fd_);
}

bool KeptLog::open() {
  if (fd_ >= 0 && bytes_ >= max_bytes_) {
    ::close(fd_);
    fd_ = -1;
    auto older = file_;
    older += ".1";
    std::rename(file_.c_str(), older.c_str());
  }
  if (fd_ >= 0) return true;
  fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat info {};
  bytes_ = fd_ >= 0 && ::fstat(fd_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  return fd_ >= 0;
}

void KeptLog::pause(Time now) { resume_at_ = now + kPause; }

void KeptLog::write(std::string_view bytes, Time now) {
  if (resume_at_ && now < *resume_at_) return;
  resume_at_.reset();
  if (!open()) return pause(now);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return pause(now);
    bytes_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace fuzzmill::producers
