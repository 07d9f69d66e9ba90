#include "runtime/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeadline = 20s;

SpawnOptions shell(const std::string& script) {
  SpawnOptions options;
  options.argv = {"sh", "-c", script};
  options.out = Output::pipe();
  options.err = Output::null();
  return options;
}

ChildProcess must_spawn(const SpawnOptions& options) {
  auto child = ChildProcess::spawn(options);
  if (!child) FAIL(child.error().message);
  return std::move(child).value();
}

// Reads until `enough` says so or the end of the file.
template <class Enough>
std::string read_until(int fd, Enough enough) {
  std::string text;
  char buffer[4096];
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!enough(text) && std::chrono::steady_clock::now() < deadline) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 1000) <= 0) continue;
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}
std::string read_all(int fd) {
  return read_until(fd, [](const std::string&) { return false; });
}
std::string read_line(int fd) {
  return read_until(fd, [](const std::string& text) { return text.find('\n') != std::string::npos; });
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Waits until the process is gone or a zombie that somebody else has to reap.
bool ended(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (fd < 0) return true;
  pollfd waiting{fd, POLLIN, 0};
  const bool gone = ::poll(&waiting, 1, 20'000) == 1;
  ::close(fd);
  return gone;
}

}  // namespace

TEST_CASE("a child's output and exit code arrive") {
  auto child = must_spawn(shell("echo hello; exit 77"));
  CHECK(read_all(child.out()) == "hello\n");
  const auto status = child.wait(kDeadline);
  REQUIRE(status.has_value());
  CHECK(status->code == 77);
  CHECK_FALSE(status->clean());
  CHECK(child.poll() == status);
}

TEST_CASE("an exit is explained in words") {
  constexpr CodeMeaning kMeanings[] = {{77, "libFuzzer: error"}};
  CHECK(explain({77, {}}, kMeanings) == "exited with code 77 (libFuzzer: error)");
  CHECK(explain({3, {}}, kMeanings) == "exited with code 3");
  CHECK(explain({{}, SIGSEGV}) == "killed by SIGSEGV (Segmentation fault)");
  CHECK(explain({134, {}}) == "exited with code 134 (SIGABRT of a child, as shells say it)");
}

TEST_CASE("a program that is not there is an error that names it, not an exit code") {
  SpawnOptions options;
  for (const char* name : {"no-such-program-here", "/no/such/program"}) {
    options.argv = {name};
    const auto child = ChildProcess::spawn(options);
    REQUIRE_FALSE(child.ok());
    CHECK(child.error().code == schema::ErrorCode::kNotFound);
    CHECK(child.error().message.find(name) != std::string::npos);
  }
}

TEST_CASE("a file that may not be executed, a missing folder and empty arguments are told apart") {
  tests::TemporaryFolder folder;
  std::ofstream(folder.path() / "plain") << "text";
  SpawnOptions options;
  options.argv = {(folder.path() / "plain").string()};
  CHECK(ChildProcess::spawn(options).error().code == schema::ErrorCode::kDenied);
  options.argv = {"true"};
  options.working_dir = folder.path() / "absent";
  CHECK(ChildProcess::spawn(options).error().code == schema::ErrorCode::kNotFound);
  CHECK(ChildProcess::spawn({}).error().code == schema::ErrorCode::kInvalid);
  options.argv = {"true", std::string("a\0b", 3)};
  CHECK(ChildProcess::spawn(options).error().code == schema::ErrorCode::kInvalid);
}

TEST_CASE("environment is added to, and replaces, ours; the working folder is the one asked for") {
  tests::TemporaryFolder folder;
  ::setenv("FUZZMILL_CHILD_TEST", "ours", 1);
  auto options = shell("echo $FUZZMILL_CHILD_TEST $FUZZMILL_CHILD_MORE; test -n \"$PATH\" && pwd");
  options.environment = {{"FUZZMILL_CHILD_TEST", "replaced"}, {"FUZZMILL_CHILD_MORE", "added"}};
  options.working_dir = folder.path();
  auto child = must_spawn(options);
  CHECK(read_all(child.out()) ==
        "replaced added\n" + std::filesystem::canonical(folder.path()).string() + "\n");
  ::unsetenv("FUZZMILL_CHILD_TEST");
}

TEST_CASE("output to a file is appended") {
  tests::TemporaryFolder folder;
  const auto log = folder.path() / "log";
  for (int i = 0; i < 2; ++i) {
    auto options = shell("echo out; echo err >&2");
    options.out = options.err = Output::to_file(log);
    auto child = must_spawn(options);
    REQUIRE(child.wait(kDeadline).has_value());
    CHECK(child.out() == -1);
  }
  CHECK(file_text(log) == "out\nerr\nout\nerr\n");
}

TEST_CASE("the child leads its own group and inherits neither blocked signals nor open files") {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const int leaked = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  auto child = must_spawn(shell("ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status"));
  CHECK(::getpgid(child.pid()) == child.pid());
  // 0, 1, 2 and the folder that ls reads; the pipe to wc is its standard output.
  CHECK(read_all(child.out()) == "4\nSigBlk:\t0000000000000000\n");
  ::close(leaked);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("terminate asks first and kills after the grace") {
  SECTION("one that listens") {
    auto child = must_spawn(shell("trap 'exit 5' TERM; echo ready; sleep 600 & wait"));
    REQUIRE(read_line(child.out()) == "ready\n");
    CHECK(child.terminate(20s).code == 5);
  }
  SECTION("one that does not") {
    auto child = must_spawn(shell("trap '' TERM; echo ready; exec sleep 600"));
    REQUIRE(read_line(child.out()) == "ready\n");
    CHECK(child.terminate(50ms).signal == SIGKILL);
  }
  SECTION("one that is stopped") {
    auto child = must_spawn(shell("echo ready; kill -STOP $$; exit 0"));
    REQUIRE(read_line(child.out()) == "ready\n");
    const auto status = child.terminate(20s);
    CHECK(status.signal == SIGTERM);
  }
}

TEST_CASE("the group ends with its leader, however the leader ends") {
  pid_t grandchild = 0;
  SECTION("by itself") {
    auto child = must_spawn(shell("sleep 600 >/dev/null & echo $!"));
    grandchild = std::stoi(read_line(child.out()));
    CHECK(child.wait(kDeadline)->clean());
    CHECK(ended(grandchild));
  }
  SECTION("by the destructor") {
    auto child = std::make_unique<ChildProcess>(must_spawn(shell("sleep 600 >/dev/null & echo $!; wait")));
    grandchild = std::stoi(read_line(child->out()));
    const pid_t leader = child->pid();
    child.reset();
    CHECK(ended(grandchild));
    CHECK(::kill(leader, 0) == -1);  // reaped: no zombie
    CHECK(errno == ESRCH);
  }
  SECTION("by a move over it") {
    auto child = must_spawn(shell("sleep 600 >/dev/null & echo $!; wait"));
    grandchild = std::stoi(read_line(child.out()));
    child = must_spawn(shell("exit 0"));
    CHECK(ended(grandchild));
    CHECK(child.wait(kDeadline)->clean());
  }
}

TEST_CASE("a child with a parent death signal ends with the thread that spawned it") {
  pid_t pid = 0;
  std::unique_ptr<ChildProcess> child;
  std::thread([&] {
    auto options = shell("exec sleep 600");
    options.parent_death_signal = SIGKILL;
    child = std::make_unique<ChildProcess>(must_spawn(options));
    pid = child->pid();
  }).join();
  const auto status = child->wait(kDeadline);
  REQUIRE(status.has_value());
  CHECK(status->signal == SIGKILL);
}

TEST_CASE("pidfd is readable when the child has ended") {
  auto child = must_spawn(shell("exit 0"));
  pollfd waiting{child.pidfd(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  CHECK(child.poll()->clean());
}

}  // namespace fuzzmill::runtime
