#include "tests/program.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace fuzzmill::tests {
namespace {

constexpr std::chrono::seconds kStartLimit{30};
constexpr std::chrono::seconds kEndLimit{10};

// Reads until the word is there; false when the time is over or the program closed its output.
bool says(int fd, const std::string& word) {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  std::string said;
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 1000) <= 0) continue;
    char buffer[256];
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) return false;
    said.append(buffer, static_cast<std::size_t>(count));
    if (said.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Program::Program(std::vector<std::string> argv, Environment environment)
    : argv_(std::move(argv)), environment_(std::move(environment)) {
  start();
}

void Program::start() {
  runtime::SpawnOptions options;
  options.argv = argv_;
  options.environment = environment_;
  options.out = runtime::Output::pipe();
  options.err = runtime::Output::null();
  options.parent_death_signal = SIGKILL;  // a test that is killed takes its programs with it
  auto child = runtime::ChildProcess::spawn(options);
  if (!child) throw std::runtime_error(child.error().message);
  child_.emplace(std::move(child).value());
  if (!says(child_->out(), "READY")) throw std::runtime_error(argv_.at(1) + " is not ready");
}

void Program::kill_9() {
  ::kill(child_->pid(), SIGKILL);
  if (!child_->wait(kEndLimit)) throw std::runtime_error(argv_.at(1) + " survives kill -9");
}

}  // namespace fuzzmill::tests
