// The benchmark of the queue: `fuzzmill-bench queue`.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/bench/table.h"

namespace fuzzmill::bench {

// Events a second that Redis itself takes: pipelined MULTI/EXEC of XADD, appendfsync always, the best
// of several group sizes.
double queue_ceiling(std::size_t size);

// Events a second from publish() to done, over CURVE on tcp loopback, each fsynced before its ack.
double whole_way(std::size_t size, std::size_t events);

// Milliseconds from publish() to acknowledged, at a steady rate.
std::vector<double> ack_latencies(std::size_t size, double per_second, std::size_t events);

std::vector<Row> bench_queue();

}  // namespace fuzzmill::bench
