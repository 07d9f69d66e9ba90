#include <chrono>
#include <string>

#include "tests/bench/cpu_clock.h"
#include "tests/bench/queue.h"
#include "tests/redis_server.h"

namespace fuzzmill::bench {
namespace {

Throughput rate(const tests::RedisServer& server, std::size_t size, std::size_t group, std::size_t groups) {
  store::Redis redis = server.connect();
  std::string payload(size, 'x');
  const auto send = [&] {
    redis.append({"MULTI"});
    // Trimmed as the broker trims: a stream that only grows costs Redis up to five times as much.
    for (std::size_t i = 0; i < group; ++i)
      redis.append({"XADD", "ceiling", "MAXLEN", "~", "20000", "*", "e", payload});
    redis.append({"EXEC"});
    (void)redis.flush([](const redisReply&) {});
  };
  for (int warm = 0; warm < 8; ++warm) send();
  const CpuClock cpu(server.pid());
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < groups; ++i) send();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto events = static_cast<double>(group * groups);
  return {events / took.count(), cpu.own_us() / events, cpu.redis_us() / events, group};
}

}  // namespace

Throughput queue_ceiling(std::size_t size) {
  const tests::RedisServer server;
  Throughput best;
  for (const std::size_t group : {128, 512, 1024}) {
    const Throughput now = rate(server, size, group, 60'000 / group);
    if (now.events_per_second > best.events_per_second) best = now;
  }
  return best;
}

}  // namespace fuzzmill::bench
