// The benchmark of the queue: `fuzzmill-bench queue`.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/bench/table.h"

namespace fuzzmill::bench {

struct Throughput {
  double events_per_second = 0;
  // Processor time an event, in microseconds: unlike the rate it stays what it is while others use the
  // machine.
  double own_us = 0;      // of this process: publisher, broker, worker; of the ceiling, its client
  double redis_us = 0;    // of redis-server
  std::size_t group = 0;  // events in a transaction, of the ceiling
};

// What Redis itself takes: pipelined MULTI/EXEC of XADD, appendfsync always, the best of several group sizes.
Throughput queue_ceiling(std::size_t size);

// From publish() to done, over CURVE on tcp loopback, each fsynced before its ack.
Throughput whole_way(std::size_t size, std::size_t events);

// Milliseconds from publish() to acknowledged, at a steady rate.
std::vector<double> ack_latencies(std::size_t size, double per_second, std::size_t events);

// Events a second that Debian's nats-server acknowledges to one publisher: JetStream in files, 256 under way,
// no encryption, acknowledged from the page cache. 0, and a line on standard error, when it is not installed.
double nats_rate(std::size_t size, std::size_t events);

// What `fuzzmill up` uses while nothing happens, in the ten seconds after it is ready: processor time and
// memory against their bounds. Empty, and a line on standard error, when fuzzmill is not beside this program.
std::vector<Row> bench_idle();

std::vector<Row> bench_queue();

}  // namespace fuzzmill::bench
