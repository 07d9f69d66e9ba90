#include "producers/monitor/node_monitor.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "producers/monitor/cgroup_memory.h"
#include "producers/monitor/node_stat.h"
#include "producers/monitor/small_file.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

// A machine of files.
struct Machine {
  tests::TemporaryFolder folder;
  MachineRoots roots{folder.path() / "proc", folder.path() / "sys"};

  void proc(const std::string& name, const std::string& text) { write(roots.proc / name, text); }
  void sys(const std::string& name, const std::string& text) { write(roots.sys / name, text); }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
};

std::string cpu_text(int user, int idle) {
  return "cpu  " + std::to_string(user) + " 0 0 " + std::to_string(idle) +
         " 0 0 0 0 0 0\ncpu0 1 0 0 1\ncpu1 1 0 0 1\nintr 5 6 7\n";
}

}  // namespace

TEST_CASE("the node's CPU is a difference of two looks, never since boot") {
  Machine machine;
  machine.proc("stat", cpu_text(1'000'000, 0));
  NodeMonitor monitor({}, machine.roots);
  machine.proc("stat", cpu_text(1'000'050, 150));
  schema::ResourceSample sample;
  monitor.fill(sample);
  REQUIRE(sample.node_cpu_percent.has_value());
  CHECK(*sample.node_cpu_percent == Approx(25));
  CHECK(sample.cores == 2);
  schema::ResourceSample next;  // no time passed
  monitor.fill(next);
  CHECK_FALSE(next.node_cpu_percent.has_value());
}

TEST_CASE("processor times that fell or are cut say nothing") {
  CHECK_FALSE(parse_cpu_times("").has_value());
  CHECK_FALSE(parse_cpu_times("cpu0 1 2 3 4\n").has_value());
  CHECK_FALSE(parse_cpu_times("cpu  1 2 3\n").has_value());
  const auto times = parse_cpu_times("cpu  10 20 30 40 50 60 70 80 1000 1000\n");
  REQUIRE(times.has_value());
  CHECK(times->all == 360);  // guest time is within user time already
  CHECK(times->busy == 270);
  CHECK_FALSE(busy_percent({10, 20, 1}, {5, 30, 1}).has_value());
  CHECK_FALSE(busy_percent({10, 20, 1}, {10, 20, 1}).has_value());
}

TEST_CASE("memory in use is what is not available, caches left out") {
  const auto memory =
      parse_meminfo("MemTotal:        8388608 kB\nMemFree:  10 kB\nMemAvailable:    6291456 kB\n");
  REQUIRE(memory.has_value());
  CHECK(memory->total_mb == Approx(8192));
  CHECK(memory->used_mb == Approx(2048));
  CHECK_FALSE(parse_meminfo("MemTotal: 5 kB\n").has_value());
}

TEST_CASE("a container's limit counts where it is below the machine's memory") {
  Machine machine;
  machine.proc("meminfo", "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\n");
  SECTION("of version 2, the tightest on the way up") {
    machine.proc("self/cgroup", "0::/pod/fuzz\n");
    machine.sys("fs/cgroup/cgroup.controllers", "memory\n");
    machine.sys("fs/cgroup/pod/memory.max", "1073741824\n");
    machine.sys("fs/cgroup/pod/memory.current", "629145600\n");
    machine.sys("fs/cgroup/pod/memory.stat", "anon 5\ninactive_file 104857600\n");
    machine.sys("fs/cgroup/pod/fuzz/memory.max", "max\n");
    machine.sys("fs/cgroup/pod/fuzz/memory.events", "low 0\noom 3\noom_kill 2\n");
    CHECK(read_cgroup_oom_kills(machine.roots) == 2);
  }
  SECTION("of version 1, where the path is the host's and the mount the container's own") {
    machine.proc("self/cgroup", "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n1:name=systemd:/docker/1\n");
    machine.sys("fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
    machine.sys("fs/cgroup/memory/memory.usage_in_bytes", "629145600\n");
    machine.sys("fs/cgroup/memory/memory.stat", "total_inactive_file 104857600\n");
    machine.sys("fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    CHECK(read_cgroup_oom_kills(machine.roots) == 2);
  }
  schema::ResourceSample sample;
  NodeMonitor({}, machine.roots).fill(sample);
  CHECK(sample.node_memory_total_mb == 1024.0);
  CHECK(sample.node_memory_mb == 500.0);
}

TEST_CASE("without a limit the machine's memory counts") {
  Machine machine;
  machine.proc("meminfo", "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\n");
  SECTION("no cgroup at all") {}
  SECTION("version 2 says max") {
    machine.proc("self/cgroup", "0::/\n");
    machine.sys("fs/cgroup/cgroup.controllers", "memory\n");
    machine.sys("fs/cgroup/memory.max", "max\n");
  }
  SECTION("version 1 says its largest number") {
    machine.proc("self/cgroup", "4:memory:/\n");
    machine.sys("fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    machine.sys("fs/cgroup/memory/memory.usage_in_bytes", "629145600\n");
  }
  schema::ResourceSample sample;
  NodeMonitor({}, machine.roots).fill(sample);
  CHECK(sample.node_memory_total_mb == 8192.0);
}

TEST_CASE("a cgroup path that climbs is not followed") {
  CHECK(parse_cgroups("0::/../../etc\n").unified.empty());
  CHECK(parse_cgroups("0::/a/b\n").unified == "a/b");
  CHECK(parse_cgroups("7:memory:/x\n3:cpu:/y\nrubbish\n").memory == "x");
  CHECK(parse_cgroups("7:memory-not:/x\n").memory.empty());
}

TEST_CASE("a kill for want of memory is told by signal 9 and a counter that grew") {
  Machine machine;
  machine.proc("vmstat", "pgfault 7\noom_kill 3\n");
  const OomCounts before = read_oom_counts(machine.roots);
  NodeMonitor monitor({}, machine.roots);
  machine.proc("vmstat", "pgfault 9\noom_kill 5\n");
  const auto kills = oom_kills_between(before, read_oom_counts(machine.roots));
  CHECK(kills == 2);
  CHECK(probably_oom_killed(SIGKILL, false, kills));
  CHECK_FALSE(probably_oom_killed(SIGKILL, true, kills));
  CHECK_FALSE(probably_oom_killed(SIGSEGV, false, kills));
  CHECK_FALSE(probably_oom_killed(SIGKILL, false, 0));
  schema::ResourceSample sample, next;
  monitor.fill(sample), monitor.fill(next);
  CHECK(sample.oom_kills == 2);
  CHECK(next.oom_kills == 0);
  CHECK(oom_kills_between({5, {}}, {3, {}}) == 0);
}

TEST_CASE("the hottest sensor counts, and broken or absent ones do not") {
  Machine machine;
  CHECK_FALSE(read_temperature(machine.roots.sys).has_value());
  machine.sys("class/thermal/thermal_zone0/temp", "45500\n");
  machine.sys("class/thermal/thermal_zone1/temp", "-274000\n");
  machine.sys("class/thermal/cooling_device0/temp", "99000\n");
  machine.sys("class/hwmon/hwmon3/temp1_input", "61250\n");
  machine.sys("class/hwmon/hwmon3/temp1_crit", "100000\n");
  machine.sys("class/hwmon/hwmon3/temp2_input", "rubbish\n");
  CHECK(read_temperature(machine.roots.sys) == 61.25);
}

TEST_CASE("a disk is as full as df says to a user who is not root") {
  struct statvfs info {};
  info.f_blocks = 1000, info.f_bfree = 300, info.f_bavail = 200, info.f_frsize = 1u << 20;
  info.f_files = 100, info.f_ffree = 10;
  const auto use = disk_use(info);
  REQUIRE(use.has_value());
  CHECK(use->percent == Approx(100.0 * 700 / 900));
  CHECK(use->free_mb == Approx(200));
  CHECK(use->inode_percent == Approx(90));
  info.f_files = 0;
  CHECK_FALSE(disk_use(info)->inode_percent.has_value());
  CHECK_FALSE(disk_use({}).has_value());
}

TEST_CASE("a full disk is seen as full") {
  tests::TemporaryFolder folder;
  constexpr int kNotAllowed = 77;
  const pid_t child = ::fork();
  if (child == 0) {  // a small disk of its own, where namespaces are allowed
    const bool mounted = (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m,nr_inodes=100") == 0;
    if (!mounted) ::_exit(kNotAllowed);
    const auto before = read_disk_use(folder.path());
    std::ofstream file(folder.path() / "corpus");
    while (file.write("0123456789abcdef", 16).flush()) {
    }
    const auto after = read_disk_use(folder.path() / "not/yet");
    const bool seen = before && after && before->percent < 20 && after->percent > 99 &&
                      after->free_mb < 0.1 && after->inode_percent && *after->inode_percent < 20;
    ::_exit(seen ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) {
    WARN("skipped: no mount namespaces here");
  } else {
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("folders that are not there yet count with the disk they will be on") {
  tests::TemporaryFolder folder;
  NodeMonitor monitor({folder.path() / "not/yet/made"});
  schema::ResourceSample sample;
  monitor.fill(sample);
  REQUIRE(sample.disk_percent.has_value());
  CHECK(*sample.disk_percent <= 100);
  CHECK(*sample.disk_free_mb > 0);
  CHECK(sample.disk_path == (folder.path() / "not/yet/made").string());
  CHECK(sample.node_memory_total_mb > 0);
  CHECK(sample.cores > 0);
}

TEST_CASE("a number is read behind its key at the start of a line, and nowhere else") {
  CHECK(number_after("oom_kill_disable 0\noom_kill 4\n", "oom_kill") == 4);
  CHECK(number_after("x Pss: 4\nPss:      12 kB\n", "Pss:") == 12);
  CHECK_FALSE(number_after("Pss: none\n", "Pss:").has_value());
  CHECK_FALSE(number_after("", "Pss:").has_value());
  CHECK(whole_number(" -12\n") == -12);
  CHECK_FALSE(whole_number("12 kB").has_value());
  CHECK_FALSE(whole_number("\n").has_value());
}

}  // namespace fuzzmill::producers
