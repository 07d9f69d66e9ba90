#include "tests/bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>

namespace fuzzmill::bench {
namespace {

[[noreturn]] void become(char* const* arguments, pid_t parent, int keep) {
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  if (keep >= 0) fcntl(keep, F_SETFD, 0);
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) _exit(126);
  execv(arguments[0], arguments);
  _exit(127);
}

}  // namespace

Child::Child(std::vector<std::string> words, int keep) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(arguments.data(), parent, keep);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::system_error(errno, std::generic_category(), "pidfd_open");
  }
}

Child::~Child() {
  kill(pid_, SIGTERM);
  if (!ended_within(std::chrono::seconds(10))) kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  close(pidfd_);
}

bool Child::ended_within(std::chrono::milliseconds limit) const {
  pollfd wait{pidfd_, POLLIN, 0};
  return poll(&wait, 1, static_cast<int>(limit.count())) > 0;
}

std::string program_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  // A user's PATH often lacks the folder of servers.
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = folder + "/" + name;
    if (!folder.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace fuzzmill::bench
