#include "tests/bench/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace fuzzmill::bench {

std::vector<Row> bench_queue() {
  constexpr int kRounds = 3;
  std::vector<Row> rows;
  for (const auto& [size, events] : {std::pair<std::size_t, std::size_t>{200, 200'000}, {2048, 80'000}}) {
    // Interleaved, so that a noisy minute hits all.
    std::vector<double> ceilings, ways, rivals;
    for (int round = 0; round < kRounds; ++round) {
      std::fprintf(stderr, "queue: %zu B, round %d of %d\n", size, round + 1, kRounds);
      ceilings.push_back(queue_ceiling(size));
      ways.push_back(whole_way(size, events));
      rivals.push_back(nats_rate(size, events));
    }
    const double ceiling = median(ceilings), way = median(ways), rival = median(rivals);
    const std::string label = fmt::format("{} B", size);
    rows.push_back({"ceiling: MULTI/EXEC XADD, fsync always", label, ceiling, "events/s", 0, 0});
    rows.push_back({"whole way: publish, CURVE, fsync, ack, worker, done", label, way, "events/s", ceiling,
                    way / ceiling});
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
