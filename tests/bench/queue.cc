#include "tests/bench/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace fuzzmill::bench {

namespace {

// The run whose rate is the median, with all that was measured in it.
Throughput middle(std::vector<Throughput> runs) {
  const auto at = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), at, runs.end(), [](const Throughput& a, const Throughput& b) {
    return a.events_per_second < b.events_per_second;
  });
  return *at;
}

}  // namespace

std::vector<Row> bench_queue() {
  constexpr int kRounds = 3;
  std::vector<Row> rows;
  for (const auto& [size, events] : {std::pair<std::size_t, std::size_t>{200, 200'000}, {2048, 80'000}}) {
    // Interleaved, so that a noisy minute hits all.
    std::vector<Throughput> ceilings, ways;
    std::vector<double> rivals;
    for (int round = 0; round < kRounds; ++round) {
      std::fprintf(stderr, "queue: %zu B, round %d of %d\n", size, round + 1, kRounds);
      ceilings.push_back(queue_ceiling(size));
      ways.push_back(whole_way(size, events));
      rivals.push_back(nats_rate(size, events));
    }
    const double rival = median(rivals);
    const Throughput ceiling = middle(ceilings), whole = middle(ways);
    const double way = whole.events_per_second;
    const std::string label = fmt::format("{} B", size);
    rows.push_back({fmt::format("ceiling: MULTI/EXEC of {} XADD, fsync always", ceiling.group), label,
                    ceiling.events_per_second, "events/s", 0, 0});
    rows.push_back({"whole way: publish, CURVE, fsync, ack, worker, done", label, way, "events/s",
                    ceiling.events_per_second, way / ceiling.events_per_second});
    const double least = ceiling.own_us + ceiling.redis_us;
    rows.push_back({"ceiling: CPU of client and Redis", label, least, "us/event", 0, 0});
    rows.push_back({"whole way: CPU of publisher, broker and worker", label, whole.own_us, "us/event", 0, 0});
    rows.push_back({"whole way: CPU of Redis", label, whole.redis_us, "us/event", ceiling.redis_us,
                    whole.redis_us / ceiling.redis_us});
    if (rival == 0) continue;
    rows.push_back({"rival: NATS JetStream, publish only, acks from the page cache, no encryption", label,
                    rival, "events/s", 0, 0});
    rows.push_back({"whole way against NATS", label, way, "events/s", rival, way / rival});
  }
  const auto latencies = ack_latencies(2048, 1000, 5000);
  rows.push_back({"ack p50 at 1,000 events/s", "2048 B", percentile(latencies, 0.5), "ms", 0, 0});
  const double p99 = percentile(latencies, 0.99);
  rows.push_back({"ack p99 at 1,000 events/s (bound 10 ms)", "2048 B", p99, "ms", 10, p99 / 10});
  for (Row& row : bench_idle()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace fuzzmill::bench
