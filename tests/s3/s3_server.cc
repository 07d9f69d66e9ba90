#include "tests/s3/s3_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace fuzzmill::tests {
namespace {

constexpr int kPatience_ms = 60'000;
const std::filesystem::path kModules = FUZZMILL_S3_MODULES;

}  // namespace

bool S3Server::installed() {
  if (std::filesystem::exists(kModules / "complete")) return true;
  std::fprintf(stderr, "SKIPPED: no S3 server in %s (tests/s3/install.sh wants node and npm)\n",
               kModules.c_str());
  return false;
}

S3Server::S3Server() {
  signal(SIGPIPE, SIG_IGN);
  start();
}
S3Server::~S3Server() { kill_9(); }

std::string S3Server::endpoint() const { return fmt::format("http://127.0.0.1:{}", port_); }

void S3Server::start() {
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
  const std::string port = std::to_string(port_), data = folder_.path().string();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(to[0], 0), dup2(from[1], 1);
    execlp("node", "node", FUZZMILL_S3_SCRIPT, kModules.c_str(), data.c_str(), port.c_str(), kBucket,
           kAccessKey, kSecretKey, nullptr);
    _exit(127);
  }
  close(to[0]), close(from[1]);
  in_ = to[1], out_ = from[0];
  const std::string line = read_line();
  if (line.rfind("port ", 0) != 0) throw std::runtime_error("the S3 server did not start: " + line);
  port_ = std::stoi(line.substr(5));
}

std::string S3Server::read_line() {
  std::string line;
  char c = 0;
  pollfd wait{out_, POLLIN, 0};
  while (poll(&wait, 1, kPatience_ms) > 0 && read(out_, &c, 1) == 1) {
    if (c == '\n') return line;
    line += c;
  }
  throw std::runtime_error("the S3 server says nothing");
}

std::string S3Server::tell(const std::string& command) {
  const std::string line = command + "\n";
  if (write(in_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("the S3 server does not listen");
  }
  return read_line();
}

std::uint64_t S3Server::reported(const std::string& counter) {
  const std::string report = tell("report"), name = "\"" + counter + "\":";
  const auto at = report.find(name);
  if (at == std::string::npos) throw std::runtime_error("no counter " + counter + " in " + report);
  return std::stoull(report.substr(at + name.size()));
}

void S3Server::kill_9() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(in_), close(out_);
  }
  pid_ = -1;
}

void S3Server::wait_until_gone() {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd wait{fd, POLLIN, 0};
  const bool gone = fd < 0 || poll(&wait, 1, kPatience_ms) > 0;
  if (fd >= 0) close(fd);
  if (!gone) throw std::runtime_error("the S3 server did not end");
}

void S3Server::restart() {
  kill_9();
  start();
}

}  // namespace fuzzmill::tests
