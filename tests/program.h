// A program of ours as a process of a test: it says READY on its standard output (--ready-fd 1), is killed
// and started again as often as the test likes, and ends with its owner, or with the thread that started it.
// Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/child_process.h"

namespace fuzzmill::tests {

class Program {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  // Starts it. `environment` is beside the test's own.
  explicit Program(std::vector<std::string> argv, Environment environment = {});

  // Returns when it is ready; throws when it is not within thirty seconds.
  void start();
  void kill_9();  // the process is gone and reaped on return

  void set_last(std::string word) { argv_.back() = std::move(word); }  // from the next start on

 private:
  std::vector<std::string> argv_;
  Environment environment_;
  std::optional<runtime::ChildProcess> child_;
};

}  // namespace fuzzmill::tests
