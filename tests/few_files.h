// No file descriptor is left in this process but `left`, until lift() or the end of it.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fuzzmill::tests {

class FewFiles {
 public:
  explicit FewFiles(rlim_t left = 0) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);  // the lowest number that is free
    ::close(next);
    const rlimit bound{static_cast<rlim_t>(next) + left, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &bound);
  }
  ~FewFiles() { lift(); }
  FewFiles(const FewFiles&) = delete;
  FewFiles& operator=(const FewFiles&) = delete;

  void lift() const { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace fuzzmill::tests
