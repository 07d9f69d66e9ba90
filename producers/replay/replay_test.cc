#include "producers/replay/replay.h"

#include "tests/catch.h"

namespace fuzzmill::producers {

using namespace std::chrono_literals;

TEST_CASE("a fuzzer's own limits give a replay room, within bounds") {
  ReplayCommand command;
  const ReplayLimits limits;
  CHECK(sandbox_limits(command, limits, 1).wall == 60s);
  CHECK(sandbox_limits(command, limits, 1).memory_bytes == 4096ull << 20);
  command.timeout_ms = 25'000;
  CHECK(sandbox_limits(command, limits, 1).wall == 60s);
  command.timeout_ms = 120'000;
  CHECK(sandbox_limits(command, limits, 1).wall == 135s);
  CHECK(sandbox_limits(command, limits, 1).cpu == 135s);
  CHECK(sandbox_limits(command, limits, 4).cpu == 540s);  // of four threads at once
  CHECK(sandbox_limits(command, limits, 0).cpu == 135s);  // not known
  command.timeout_ms = ~0ull;
  CHECK(sandbox_limits(command, limits, 1).wall == limits.most_wall);
  command.rss_limit_mb = 2560;
  CHECK(sandbox_limits(command, limits, 1).memory_bytes == 4096ull << 20);
  command.rss_limit_mb = 8192;
  CHECK(sandbox_limits(command, limits, 1).memory_bytes == 8704ull << 20);
  command.rss_limit_mb = ~0ull;
  CHECK(sandbox_limits(command, limits, 1).memory_bytes == 4 * 4096ull << 20);
}

TEST_CASE("a target gets what it needs of our environment, and what its command says") {
  const Variables ours{{"PATH", "/bin"},
                       {"LC_ALL", "C"},
                       {"FUZZMILL_KEY", "secret"},
                       {"HOME", "/root"},
                       {"LD_LIBRARY_PATH", "/lib"},
                       {"LD_PRELOAD", "/x.so"},
                       {"ASAN_OPTIONS", "log_path=/x"}};
  const Variables of_command{
      {"ASAN_OPTIONS", "symbolize=1"}, {"LD_LIBRARY_PATH", "/target"}, {"TMPDIR", "/tmp"}};
  CHECK(replay_environment(ours, of_command, "/work") == Variables{{"PATH", "/bin"},
                                                                   {"LC_ALL", "C"},
                                                                   {"LD_LIBRARY_PATH", "/target"},
                                                                   {"ASAN_OPTIONS", "symbolize=1"},
                                                                   {"TMPDIR", "/work"},
                                                                   {"HOME", "/work"}});
}

}  // namespace fuzzmill::producers
