// A file descriptor that closes itself, and the error that a failed system call is.
#pragma once

#include <unistd.h>

#include <string_view>
#include <utility>

#include "schema/result.h"

namespace fuzzmill::runtime {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

// "what: No such file or directory", with the code a caller can branch on: kNotFound, kDenied, kTooLarge for
// an argument list over the kernel's bound, and kUnavailable for all else.
schema::Error from_errno(int number, std::string_view what);

}  // namespace fuzzmill::runtime
