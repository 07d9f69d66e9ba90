#include "tests/redis_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <system_error>

namespace fuzzmill::tests {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kStartLimit{10};

// Waits for the end of a child for at most `limit`; true when it ended (and is left to be reaped).
bool ended_within(pid_t pid, std::chrono::milliseconds limit) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd wait{fd, POLLIN, 0};
  const bool ended = poll(&wait, 1, static_cast<int>(limit.count())) > 0;
  close(fd);
  return ended;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> settings) : settings_(std::move(settings)) {
  // hiredis 0.14 writes to a server that is gone without MSG_NOSIGNAL; runtime/ does this for our programs.
  signal(SIGPIPE, SIG_IGN);
  start();
}

RedisServer::~RedisServer() { kill_9(); }

store::RedisAddress RedisServer::address() const {
  store::RedisAddress address;
  address.unix_path = (folder_.path() / "redis.sock").string();
  return address;
}

store::Redis RedisServer::connect() const {
  auto redis = store::Redis::connect(address());
  if (!redis) throw std::runtime_error(redis.error().message);
  return std::move(redis).value();
}

void RedisServer::start() {
  // The configuration that production has: with Redis' defaults a busy log would be rewritten for ever.
  std::vector<std::string> words = {"redis-server", FUZZMILL_REDIS_CONF,
                                    "--port",       "0",
                                    "--unixsocket", address().unix_path,
                                    "--dir",        folder_.path().string(),
                                    "--logfile",    (folder_.path() / "redis.log").string()};
  words.insert(words.end(), settings_.begin(), settings_.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::filesystem::remove(address().unix_path);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    // A test program that is killed takes its server with it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  wait_until_ready();
}

void RedisServer::wait_until_ready() {
  const auto deadline = Clock::now() + kStartLimit;
  std::string problem;
  while (Clock::now() < deadline) {
    auto redis = store::Redis::connect(address(), std::chrono::seconds(1));
    if (redis) return;
    problem = redis.error().message;
    // Between two attempts we wait for the one event that ends the waiting early: the server's death.
    if (ended_within(pid_, std::chrono::milliseconds(10))) {
      waitpid(pid_, nullptr, 0);
      pid_ = -1;
      throw std::runtime_error("redis-server ended at once:\n" + folder_.read("redis.log"));
    }
  }
  kill_9();
  throw std::runtime_error("redis-server is not ready: " + problem);
}

void RedisServer::kill_9() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void RedisServer::restart() {
  kill_9();
  start();
}

}  // namespace fuzzmill::tests
