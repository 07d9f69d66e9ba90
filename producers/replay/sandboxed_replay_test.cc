// Replays of a program that misbehaves in every way we could think of (tests/replay/victim.cc).
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "producers/replay/replay.h"
#include "runtime/fd.h"
#include "tests/catch.h"
#include "tests/replay/victim.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

Attempt replay(const ReplayPlace& place, const std::string& input, const ReplayLimits& limits = {}) {
  auto attempt =
      replay_bytes(place, victim(), input, "input", limits, runtime::CpuPriority::kNormal, std::stop_token());
  INFO(input);
  CHECK(count_running(VICTIM) == 0);
  return attempt;
}

}  // namespace

TEST_CASE("a crash is a crash, by its report, its signal or its exit code") {
  for (const auto& place : places()) {
    const auto by_signal = replay(place, "crash");
    CHECK(by_signal.outcome == Outcome::kCrashed);
    CHECK(by_signal.exit.signal == SIGABRT);
    CHECK(by_signal.reason == "killed by SIGABRT (Aborted)");
    CHECK(by_signal.duration < 20s);
    const auto by_report = replay(place, "report heap-use-after-free");
    CHECK(by_report.outcome == Outcome::kCrashed);
    CHECK(by_report.exit.code == 1);
    CHECK(by_report.report.find("#1 0x4f2 in main") != std::string::npos);
    CHECK(replay(place, "exit 77").outcome == Outcome::kCrashed);
    CHECK(replay(place, "exit 70").outcome == Outcome::kTimedOut);
    CHECK(replay(place, "exit 71").outcome == Outcome::kOutOfMemory);
    CHECK(replay(place, "exit 1").outcome == Outcome::kClean);
    CHECK(replay(place, "exit 0").outcome == Outcome::kClean);
    CHECK(replay(place, "").outcome == Outcome::kClean);
  }
}

TEST_CASE("input comes as a file with its extension, or on standard input") {
  for (const auto& place : places()) {
    auto command = victim();
    command.argv.pop_back();
    command.input_on_stdin = true;
    const auto run = [&](const std::string& name, const std::string& bytes) {
      return replay_bytes(place, command, bytes, name, {}, runtime::CpuPriority::kNormal, {});
    };
    CHECK(run("x", "exit 77").exit.code == 77);
    command = victim();
    command.argv = {"/bin/ls", "@@"};
    CHECK(run("id:1,sig:06.png", "").exit.code == 0);
    command.argv = {"/bin/sh", "-c", "echo \"$0\" >&2", "@@"};
    const auto named = run("a.png", "").report;
    CHECK(named.substr(named.rfind('/')) == "/input.png\n");
    const auto plain = run("a.p$(x)", "").report;
    CHECK(plain.substr(plain.rfind('/')) == "/input\n");
  }
}

TEST_CASE("a crash that comes sometimes is counted n of m") {
  const auto place = places().front();
  std::vector<Attempt> attempts;
  ReplayLimits limits;
  limits.tries.tries = 12;
  const Expectation crash;
  while (next_step(attempts, crash, limits.tries) == NextStep::kAgain) {
    attempts.push_back(replay(place, "sometimes"));
  }
  const auto verdict = judge(attempts, crash);
  std::size_t crashed = 0;
  for (const auto& attempt : attempts) crashed += attempt.outcome == Outcome::kCrashed ? 1 : 0;
  CHECK(verdict.reproduced == crashed);
  CHECK(verdict.tries == attempts.size());
  CHECK((attempts.size() == 12 || (attempts.size() == 2 && crashed == 2)));
  if (crashed > 0) {
    REQUIRE(verdict.best.has_value());
    CHECK(attempts[*verdict.best].outcome == Outcome::kCrashed);
  }
}

TEST_CASE("what hangs is ended, asleep or busy, and keeps what it said") {
  for (const auto& place : places()) {
    ReplayLimits limits;
    limits.wall = 500ms;
    const auto asleep = replay(place, "hang", limits);
    CHECK(asleep.outcome == Outcome::kTimedOut);
    CHECK(asleep.report == "about to hang\n");
    CHECK(asleep.wall_limit == 500ms);
    CHECK(asleep.duration >= 500ms);
    CHECK(asleep.duration < 20s);
    CHECK_FALSE(asleep.starved());
    const auto busy = replay(place, "spin", limits);
    CHECK(busy.outcome == Outcome::kTimedOut);
    CHECK(busy.cpu > 0ms);
  }
}

TEST_CASE("children that leave their group and session end with the replay") {
  for (const auto& place : places()) {
    const auto attempt = replay(place, "scatter");
    CHECK(attempt.outcome == Outcome::kCrashed);
    CHECK(attempt.duration < 20s);
  }
}

TEST_CASE("memory is bounded, of one process and of many together") {
  for (const auto& place : places()) {
    ReplayLimits limits;
    limits.memory_mb = 64;
    const auto one = replay(place, "eat 3000", limits);
    CHECK(one.outcome == Outcome::kOutOfMemory);
    CHECK(one.memory_limit_bytes == 64ull << 20);
    CHECK(one.peak_rss_bytes > 64ull << 20);
    CHECK(one.peak_rss_bytes < 2000ull << 20);
    limits.memory_mb = 128;
    CHECK(replay(place, "together 8 30", limits).outcome == Outcome::kOutOfMemory);
    limits.memory_mb = 512;
    const auto within = replay(place, "together 8 30", limits);
    CHECK(within.outcome == Outcome::kCrashed);
    CHECK(within.peak_rss_bytes > 200ull << 20);
  }
}

TEST_CASE("what it writes is bounded, and gone afterwards") {
  tests::TemporaryFolder base;
  for (auto place : places()) {
    place.base = base.path();
    ReplayLimits limits;
    limits.file_bytes = 8ull << 20;
    const auto attempt = replay(place, "huge", limits);
    CHECK(attempt.outcome == Outcome::kCouldNotRun);
    CHECK(attempt.reason == "wrote more than the file limit");
    CHECK(std::filesystem::is_empty(base.path()));
  }
}

TEST_CASE("a flood of output is read to its end and kept in bounds") {
  for (const auto& place : places()) {
    const auto attempt = replay(place, "flood 1024");
    CHECK(attempt.outcome == Outcome::kCrashed);
    CHECK(attempt.report.size() < 300 * 1024);
    CHECK(attempt.report_truncated);
    CHECK(attempt.report.substr(0, 11) == "first line\n");
    CHECK(attempt.report.find("SUMMARY: AddressSanitizer: heap-buffer-overflow") != std::string::npos);
  }
}

TEST_CASE("nobody outside is reached over the network") {
  if (!stands(abilities().network, "no network namespace here")) return;
  const runtime::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const auto input = "call " + std::to_string(ntohs(address.sin_port));
  CHECK(replay(places().front(), input).report == "not reached\n");
  pollfd called{listener.get(), POLLIN, 0};
  CHECK(::poll(&called, 1, 0) == 0);
  CHECK(replay(places().back(), input).report == "reached\n");  // the test itself is sound
}

TEST_CASE("a target that kills its parent and everybody reaches nobody") {
  if (!stands(abilities().pids, "no pid namespace here")) return;
  const auto attempt = replay(places().front(), "parent");
  CHECK(attempt.outcome == Outcome::kCrashed);
  CHECK(attempt.report == "still here\n");
}

TEST_CASE("a fork bomb is ended") {
  if (!stands(abilities().pids, "no pid namespace here")) return;
  const auto attempt = replay(places().front(), "bomb");
  CHECK(attempt.outcome == Outcome::kCouldNotRun);
  CHECK(attempt.reason == "started more processes than the limit");
}

TEST_CASE("files of ours cannot be written") {
  if (!stands(abilities().read_only, "no mount namespace here")) return;
  tests::TemporaryFolder ours;
  const auto file = ours.write("ours", "before");
  const auto attempt = replay(places().front(), "write " + file.string());
  CHECK(attempt.report == "could not write\n");
  CHECK(ours.read("ours") == "before");
}

TEST_CASE("secrets of our environment stay with us, and the command's variables arrive") {
  ::setenv("FUZZMILL_REPLAY_TEST_KEY", "secret", 1);
  for (const auto& place : places()) {
    CHECK(replay(place, "say FUZZMILL_REPLAY_TEST_KEY").report == "FUZZMILL_REPLAY_TEST_KEY=(not set)\n");
    auto command = victim();
    command.environment = {{"FUZZMILL_REPLAY_TEST_KEY", "given"}};
    CHECK(
        replay_bytes(place, command, "say FUZZMILL_REPLAY_TEST_KEY", "x", {}, runtime::CpuPriority::kNice, {})
            .report == "FUZZMILL_REPLAY_TEST_KEY=given\n");
  }
  ::unsetenv("FUZZMILL_REPLAY_TEST_KEY");
}

TEST_CASE("a replay stops when it is told to") {
  for (const auto& place : places()) {
    std::stop_source source;
    std::optional<Attempt> attempt;
    std::thread runner([&] {
      attempt =
          replay_bytes(place, victim(), "hang", "x", {}, runtime::CpuPriority::kNormal, source.get_token());
    });
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (count_running(VICTIM) == 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    source.request_stop();
    runner.join();
    REQUIRE(attempt.has_value());
    CHECK(attempt->outcome == Outcome::kCouldNotRun);
    CHECK(attempt->reason == "stopped by us");
    CHECK(attempt->duration < 30s);
    CHECK(count_running(VICTIM) == 0);
  }
}

TEST_CASE("what cannot be replayed says why") {
  const auto place = places().front();
  tests::TemporaryFolder folder;
  const auto once = [&](const ReplayCommand& command, const std::filesystem::path& input,
                        const ReplayLimits& limits = {}) {
    const auto attempt = replay_once(place, command, input, limits, runtime::CpuPriority::kNormal, {});
    CHECK(attempt.outcome == Outcome::kCouldNotRun);
    return attempt.reason;
  };
  const auto input = folder.write("input", "crash");
  CHECK(replay_once(place, victim(), input, {}, runtime::CpuPriority::kNormal, {}).outcome ==
        Outcome::kCrashed);
  auto absent = victim();
  absent.argv.front() = "/no/such/target";
  CHECK(once(absent, input).find("/no/such/target") != std::string::npos);
  CHECK(once(victim(), folder.path() / "gone").find("No such file") != std::string::npos);
  std::filesystem::create_symlink(input, folder.path() / "link");
  CHECK(once(victim(), folder.path() / "link").find("link") != std::string::npos);
  CHECK(once(victim(), folder.path()).find("no regular file") != std::string::npos);
  ReplayLimits small;
  small.input_bytes = 3;
  CHECK(once(victim(), input, small).find("over the limit of 3") != std::string::npos);
}

TEST_CASE("a report on standard output counts where standard error has none") {
  const auto run = [](const std::string& script) {
    ReplayCommand command;
    command.argv = {"sh", "-c", script, "sh", "@@"};
    return replay_bytes(places().front(), command, "x", "x", {}, runtime::CpuPriority::kNormal, {});
  };
  const std::string report = "echo ==7==ERROR: AddressSanitizer: SEGV";
  const auto out = run("echo noise >&2; " + report + "; exit 1");
  CHECK(out.outcome == Outcome::kCrashed);
  CHECK(out.report == "==7==ERROR: AddressSanitizer: SEGV\n");
  const auto err = run(report + "; echo ==7==ERROR: libFuzzer: timeout >&2; exit 1");
  CHECK(err.outcome == Outcome::kTimedOut);
  CHECK(err.report == "==7==ERROR: libFuzzer: timeout\n");
  const auto none = run("echo noise; echo words >&2; exit 1");
  CHECK(none.outcome == Outcome::kClean);
  CHECK(none.report == "words\n");
}

#ifdef ASAN_VICTIM
TEST_CASE("a real sanitizer's reports arrive whole: of an overflow, a signal and a leak") {
  struct Case {
    const char* input;
    const char* summary;
  };
  for (const auto& place : places()) {
    for (const auto& [input, summary] : {Case{"o", "SUMMARY: AddressSanitizer: heap-buffer-overflow"},
                                         Case{"s", "SUMMARY: AddressSanitizer: SEGV"},
                                         Case{"l", "ERROR: LeakSanitizer: detected memory leaks"}}) {
      ReplayCommand command;
      command.argv = {ASAN_VICTIM, "@@"};
      command.environment = {{"ASAN_OPTIONS", "symbolize=0:detect_leaks=1"}};
      const auto attempt = replay_bytes(place, command, input, "x", {}, runtime::CpuPriority::kNormal, {});
      INFO(input << ": " << attempt.report);
      CHECK(attempt.outcome == Outcome::kCrashed);
      CHECK(attempt.report.find(summary) != std::string::npos);
      CHECK(worth_of(attempt.report) >= 5);
      CHECK(count_running(ASAN_VICTIM) == 0);
    }
  }
}
#endif

}  // namespace fuzzmill::producers
