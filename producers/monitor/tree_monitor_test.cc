#include "producers/monitor/tree_monitor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "producers/monitor/proc_reader.h"
#include "producers/monitor/target_state.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A /proc of files, as one machine's processes are.
struct FakeProc {
  tests::TemporaryFolder folder;

  void process(pid_t pid, pid_t parent, char state, int ticks, int pages, int pss_kb, int files) {
    const fs::path at = folder.path() / std::to_string(pid);
    fs::create_directories(at / "fd");
    std::ofstream(at / "stat") << pid << " (fuzz " << pid << ") " << state << ' ' << parent << ' '
                               << (parent == 1 ? pid : parent) << " 1 0 0 0 0 0 0 0 " << ticks
                               << " 0 0 0 20 0 2 0 1 0 1 0\n";
    std::ofstream(at / "statm") << "9999 " << pages << " 0 0 0 0 0\n";
    if (state != 'Z') std::ofstream(at / "smaps_rollup") << "a-b ---p [rollup]\nPss: " << pss_kb << " kB\n";
    for (int i = 0; i < files; ++i) std::ofstream(at / "fd" / std::to_string(i)) << "";
  }
};

// Waits until a process has this letter, or none when it is '\0'; false after ten seconds.
bool wait_for_state(pid_t pid, char letter) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    for (const auto& stat : read_stats()) {
      if (stat.pid == pid && stat.state == letter) return true;
    }
    std::this_thread::yield();
  }
  return false;
}

// A child that leads a group of its own; killed and waited for at the end.
struct Child {
  pid_t pid;

  explicit Child(const std::function<void()>& work) : pid(::fork()) {
    if (pid == 0) {
      ::setpgid(0, 0);
      work();
      ::_exit(0);
    }
    ::setpgid(pid, pid);
  }
  ~Child() {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
};

void spin() {
  volatile std::uint64_t turns = 0;
  while (true) turns = turns + 1;
}

}  // namespace

TEST_CASE("a sample of a tree has its memory, descriptors, zombies and processor time") {
  FakeProc proc;
  proc.process(10, 1, 'R', 100, 256, 512, 3);
  proc.process(11, 10, 'Z', 5, 0, 0, 0);
  proc.process(12, 10, 'S', 50, 512, 1536, 2);
  proc.process(99, 1, 'R', 5000, 9999, 9999, 9);
  ProcessTable table(proc.folder.path(), milliseconds(0));
  TreeMonitor monitor(table, {10, {100, 4096}, false});
  const MonitorTime begun{seconds(50)};
  const auto first = monitor.sample(10, begun);
  CHECK(first.cpu_percent == 0);
  CHECK(first.processes == 3);
  CHECK(first.zombies == 1);
  CHECK(first.states == "RZS");
  CHECK(first.rss_mb == Approx(3));
  CHECK(first.pss_mb == 2.0);
  CHECK(first.fds == 5);

  proc.process(10, 1, 'R', 250, 256, 99'999, 3);
  const auto second = monitor.sample(10, begun + seconds(1));
  CHECK(second.cpu_percent == Approx(150));
  CHECK(second.interval_ms == 1000);
  CHECK(second.pss_mb == 2.0);  // dear: the last one stands until its turn comes
  CHECK(monitor.ticks() == 150);
  for (int i = 2; i < 10; ++i) monitor.sample(10, begun + seconds(i));
  CHECK(monitor.sample(10, begun + seconds(10)).pss_mb > 90);
}

TEST_CASE("an agent's own use is without its fuzzers'") {
  FakeProc proc;
  proc.process(10, 1, 'S', 100, 256, 512, 3);
  proc.process(11, 10, 'R', 100, 2560, 5120, 30);
  ProcessTable table(proc.folder.path(), milliseconds(0));
  TreeMonitor monitor(table, {1, {100, 4096}, true});
  const MonitorTime begun{seconds(50)};
  monitor.sample(10, begun);
  proc.process(10, 1, 'S', 110, 256, 512, 3);
  proc.process(11, 10, 'R', 200, 2560, 5120, 30);
  const auto sample = monitor.sample(10, begun + seconds(1));
  CHECK(sample.processes == 1);
  CHECK(sample.cpu_percent == Approx(10));
  CHECK(sample.rss_mb == Approx(1));
  CHECK(sample.fds == 3);
}

TEST_CASE("a target without a process has an empty sample, and comes back") {
  FakeProc proc;
  proc.process(10, 1, 'R', 100, 256, 512, 3);
  ProcessTable table(proc.folder.path(), milliseconds(0));
  TreeMonitor monitor(table, {10, {100, 4096}, false});
  const MonitorTime begun{seconds(50)};
  const auto none = monitor.sample(0, begun);
  CHECK(none.processes == 0);
  CHECK(none.states.empty());
  CHECK_FALSE(none.fds.has_value());
  CHECK_FALSE(none.pss_mb.has_value());
  CHECK(monitor.sample(10, begun + seconds(10)).cpu_percent == Approx(10));  // since its birth
}

TEST_CASE("all targets of a tick share one look at /proc") {
  FakeProc proc;
  proc.process(10, 1, 'R', 100, 256, 512, 3);
  ProcessTable table(proc.folder.path());
  const MonitorTime now{seconds(50)};
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 8; ++i) {
      askers.emplace_back([&] {
        TreeMonitor monitor(table, {10, {100, 4096}, false});
        monitor.sample(10, now);
      });
    }
  }
  CHECK(table.looks() == 1);
  CHECK(table.look(now + milliseconds(400))->all().size() == 1);
  CHECK(table.looks() == 1);
  table.look(now + milliseconds(600));
  CHECK(table.looks() == 2);
}

TEST_CASE("a look finds the same trees as tree_of does") {
  std::vector<ProcStat> all;
  for (pid_t pid = 1; pid <= 300; ++pid) {
    ProcStat stat;
    stat.pid = pid, stat.parent = pid / 3, stat.group = pid % 7 == 0 ? pid : pid / 3;
    all.push_back(stat);
  }
  all[50].parent = 200, all[199].parent = 51;  // a circle, as a torn reading may have
  const ProcessLook look(all, {});
  for (const pid_t root : {1, 2, 7, 51, 200, 300, 400}) {
    const auto is = look.tree(root), should = tree_of(all, root);
    REQUIRE(is.size() == should.size());
    for (std::size_t i = 0; i < is.size(); ++i) CHECK(is[i].pid == should[i].pid);
  }
}

TEST_CASE("real processes: one that spins, is stopped, goes on and leaves zombies is told apart") {
  ProcessTable table("/proc", milliseconds(0));
  TreeMonitor monitor(table, {1, proc_units(), false});
  const Child child([] {
    for (int i = 0; i < 3; ++i) {
      if (::fork() == 0) ::_exit(0);  // nobody waits for it
    }
    spin();
  });
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto begun = now();
  auto sample = monitor.sample(child.pid, begun);
  while (sample.zombies != 3 && now() - begun < seconds(10)) sample = monitor.sample(child.pid, now());
  CHECK(sample.zombies == 3);
  while (monitor.ticks() < 5 && now() - begun < seconds(20)) sample = monitor.sample(child.pid, now());
  CHECK(monitor.ticks() >= 5);
  CHECK(sample.processes == 4);
  CHECK(sample.rss_mb > 0);
  CHECK(sample.pss_mb.has_value());
  CHECK(sample.fds > 0);

  // One judgement after another, each with the time of a sample: no waiting for half a minute.
  TargetJudge judge;
  auto virtual_now = begun;
  const auto look = [&](double cpu) {
    const auto seen = monitor.sample(child.pid, now());
    TargetSample target;
    target.time = virtual_now += seconds(30);
    target.processes = seen.processes, target.states = seen.states, target.cpu_percent = cpu;
    return judge.observe(target).state;
  };
  for (int i = 0; i < 5; ++i) CHECK(look(100) == schema::TargetState::kRunning);
  REQUIRE(::kill(child.pid, SIGSTOP) == 0);
  REQUIRE(wait_for_state(child.pid, 'T'));
  for (int i = 0; i < 5; ++i) look(0);
  CHECK(judge.verdict().state == schema::TargetState::kStalled);
  REQUIRE(::kill(child.pid, SIGCONT) == 0);
  REQUIRE(wait_for_state(child.pid, 'R'));
  for (int i = 0; i < 5; ++i) look(100);
  CHECK(judge.verdict().state == schema::TargetState::kRunning);
  REQUIRE(::kill(child.pid, SIGKILL) == 0);
  REQUIRE(wait_for_state(child.pid, 'Z'));
  for (int i = 0; i < 5; ++i) look(0);
  CHECK(judge.verdict().state == schema::TargetState::kDead);
}

}  // namespace fuzzmill::producers
