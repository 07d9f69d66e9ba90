#include "producers/library/own_usage.h"

#include <thread>

#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("a process that computes shows what it uses") {
  OwnUsageMeter meter;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  volatile std::uint64_t sum = 0;
  while (std::chrono::steady_clock::now() < until) sum = sum + 1;
  const auto usage = meter.look();
  CHECK(usage.interval_ms >= 50);
  CHECK(usage.cpu_percent > 1);
  CHECK(usage.cpu_percent < 1000);
  CHECK(usage.rss_mb > 1);
  CHECK(usage.threads == 1);
}

TEST_CASE("each look is about the time since the one before") {
  OwnUsageMeter meter;
  const auto begin = std::chrono::steady_clock::now();
  (void)meter.look();
  const auto usage = meter.look();
  const auto all = std::chrono::steady_clock::now() - begin;
  CHECK(std::chrono::milliseconds(usage.interval_ms) <= all);
}

}  // namespace fuzzmill::producers
