// A program that a benchmark starts beside itself, its output thrown away.
//
// Life cycle: runs from construction to destruction, which ends it by its pid: SIGTERM, and SIGKILL when that
// does not help within ten seconds. It also ends when the thread that started it does. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace fuzzmill::bench {

class Child {
 public:
  // `keep` are file descriptors that the program inherits; they must not be close-on-exec.
  Child(std::vector<std::string> words, int keep = -1);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Waits; true as soon as the program is gone.
  bool ended_within(std::chrono::milliseconds limit) const;

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
};

// The full path of a program in PATH or where Debian keeps servers; empty when there is none.
std::string program_path(const std::string& name);

}  // namespace fuzzmill::bench
