#include <algorithm>
#include <chrono>
#include <string>

#include "tests/bench/queue.h"
#include "tests/redis_server.h"

namespace fuzzmill::bench {
namespace {

double rate(store::Redis& redis, std::size_t size, std::size_t group, std::size_t groups) {
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
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < groups; ++i) send();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(group * groups) / took.count();
}

}  // namespace

double queue_ceiling(std::size_t size) {
  tests::RedisServer server;
  store::Redis redis = server.connect();
  double best = 0;
  for (const std::size_t group : {128, 512, 1024})
    best = std::max(best, rate(redis, size, group, 60'000 / group));
  return best;
}

}  // namespace fuzzmill::bench
