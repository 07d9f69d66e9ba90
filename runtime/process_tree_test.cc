#include "runtime/process_tree.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <vector>

#include "runtime/child_process.h"
#include "tests/catch.h"

namespace fuzzmill::runtime {
namespace {

// A fork that has `bytes` of its own, says so, and waits to be killed.
class Fork {
 public:
  explicit Fork(std::size_t bytes) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<char> own(bytes, 1);
      if (::fork() == 0) {
        if (::write(ready[1], own.data(), 1) != 1) ::_exit(1);
        while (true) ::pause();
      }
      while (true) ::pause();
    }
    char one = 0;
    REQUIRE(::read(ready[0], &one, 1) == 1);
    ::close(ready[0]), ::close(ready[1]);
  }
  ~Fork() {
    for (const pid_t pid : descendants(pid_, 10)) ::kill(pid, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a tree is found from its root down, and its memory is counted") {
  constexpr std::uint64_t kOwn = 20u << 20;
  const Fork fork(kOwn);
  const auto below = descendants(fork.pid(), 10);
  REQUIRE(below.size() == 1);
  CHECK(descendants(::getpid(), 10) == std::vector<pid_t>{fork.pid(), below[0]});
  CHECK(descendants(::getpid(), 1).size() == 1);
  CHECK(descendants(below[0], 10).empty());
  for (const pid_t pid : {fork.pid(), below[0]}) {
    CHECK(resident_bytes(pid) >= kOwn);
    CHECK(is_bare_fork(pid));
    // The two have the same pages: each counts half.
    if (const auto share = proportional_bytes(pid)) CHECK(*share < kOwn);
  }
}

TEST_CASE("a process that executed a program is no bare fork, and one that is gone has nothing") {
  SpawnOptions options;
  options.argv = {"sleep", "600"};
  auto child = ChildProcess::spawn(options);
  REQUIRE(child.ok());
  CHECK_FALSE(is_bare_fork(child->pid()));
  CHECK(resident_bytes(child->pid()) > 0);
  const pid_t pid = child->pid();
  child->terminate(std::chrono::seconds(10));
  CHECK(resident_bytes(pid) == 0);
  CHECK(descendants(pid, 10).empty());
  CHECK_FALSE(is_bare_fork(pid));
  CHECK(waited_for_cpu(pid).count() == 0);
}

}  // namespace fuzzmill::runtime
