#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/bench/child.h"
#include "tests/bench/process_tree.h"
#include "tests/bench/queue.h"
#include "tests/redis_server.h"

namespace fuzzmill::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartLimit{60}, kIdle{10};
constexpr double kCpuBound = 1, kMemoryBound = 150;

// `fuzzmill up` over a data folder of its own, ready on construction or not running.
class System {
 public:
  explicit System(const fs::path& program) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    up_ = std::make_unique<Child>(
        std::vector<std::string>{program.string(), "up", "--data", (folder_.path() / "data").string(),
                                 "--no-dashboard", "--ready-fd", std::to_string(ends[1])},
        ends[1]);
    close(ends[1]);  // so that its death is the end of the pipe
    char byte = 0;
    pollfd wait{ends[0], POLLIN, 0};
    const auto limit = std::chrono::milliseconds(kStartLimit).count();
    const bool ready = poll(&wait, 1, static_cast<int>(limit)) > 0 && read(ends[0], &byte, 1) == 1;
    close(ends[0]);
    if (!ready) up_.reset();
  }
  const Child* up() const { return up_.get(); }

 private:
  tests::TemporaryFolder folder_;  // goes after the processes in it
  std::unique_ptr<Child> up_;
};

struct Use {
  double cpu_seconds = 0, fuzzmill_mb = 0, redis_mb = 0;
};

Use use_of(pid_t root) {
  Use use;
  for (const ProcessUse& process : process_tree(root)) {
    const double mb = static_cast<double>(process.pss_bytes) / (1 << 20);
    (process.name == "redis-server" ? use.redis_mb : use.fuzzmill_mb) += mb;
    use.cpu_seconds += process.cpu_seconds;
  }
  return use;
}

}  // namespace

std::vector<Row> bench_idle() {
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "fuzzmill";
  if (!fs::exists(program)) {
    std::fprintf(stderr, "bench: no %s, so no rows of an idle system (build the target fuzzmill)\n",
                 program.c_str());
    return {};
  }
  std::fprintf(stderr, "queue: an idle system, 10 s\n");
  const System system(program);
  if (system.up() == nullptr) {
    std::fprintf(stderr, "bench: fuzzmill up did not get ready, so no rows of an idle system\n");
    return {};
  }
  const pid_t root = system.up()->pid();
  const Use before = use_of(root);
  const auto start = Clock::now();
  if (system.up()->ended_within(kIdle)) {
    std::fprintf(stderr, "bench: fuzzmill up ended, so no rows of an idle system\n");
    return {};
  }
  const Use after = use_of(root);
  const std::chrono::duration<double> took = Clock::now() - start;
  const double cpu = 100 * (after.cpu_seconds - before.cpu_seconds) / took.count();
  return {
      {"idle: CPU of all processes with Redis (bound 1 %)", "", cpu, "% of core", kCpuBound, cpu / kCpuBound},
      {"idle: memory of fuzzmill's processes (bound 150 MB)", "", after.fuzzmill_mb, "MB PSS", kMemoryBound,
       after.fuzzmill_mb / kMemoryBound},
      {"idle: memory of redis-server", "", after.redis_mb, "MB PSS", 0, 0}};
}

}  // namespace fuzzmill::bench
