#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

#include "broker/consumer.h"
#include "broker/publisher.h"
#include "schema/event_codec.h"
#include "tests/bench/cpu_clock.h"
#include "tests/bench/queue.h"
#include "tests/queue_server.h"

namespace fuzzmill::bench {
namespace {

using Clock = std::chrono::steady_clock;

// A broker over a Redis of its own, as production has it: CURVE on tcp.
struct Queue : tests::QueueServer {
  Queue() : QueueServer([](broker::ServerOptions& options) { options.max_depth = 10'000'000; }) {}
};

void check(const schema::Status& status) {
  if (status) return;
  std::fprintf(stderr, "bench: %s\n", status.error().message.c_str());
  std::exit(5);
}

// A sample whose encoded form has exactly the size, or nearly.
schema::Event event_of(std::size_t size) {
  schema::Event event;
  event.node = "bench";
  event.target = "t";
  event.time_ms = 1'700'000'000'000;
  schema::ResourceSample sample;
  event.body = sample;
  const std::size_t bare = schema::encode(event).size();
  if (size > bare) {
    sample.states.assign(size - bare, 'S');
    event.body = sample;
    const std::size_t over = schema::encode(event).size() - size;
    sample.states.resize(sample.states.size() - over);
    event.body = sample;
  }
  return event;
}

class DoneCounter {
 public:
  void add(std::size_t count) {
    const std::lock_guard lock(mutex_);
    done_ += count;
    changed_.notify_all();
  }
  bool wait_for(std::size_t count, std::chrono::seconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return done_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
};

std::jthread worker(Queue& queue, DoneCounter& counter) {
  return std::jthread([peer = queue.operator_peer(), &counter](std::stop_token stop) {
    // Enough that the worker does not wait for the fsync that frees its credit.
    broker::Consumer consumer({peer, schema::Stage::kAlert, 4096, {}});
    check(consumer.run(
        [&](std::vector<broker::Delivery>& deliveries) {
          counter.add(deliveries.size());
          return std::vector<schema::Outcome>(deliveries.size());
        },
        stop));
  });
}

}  // namespace

Throughput whole_way(std::size_t size, std::size_t events) {
  Queue queue;
  DoneCounter counter;
  const std::jthread consumer = worker(queue, counter);
  auto publisher = broker::Publisher::start({queue.operator_peer()}, broker::memory_spool(4ull << 30, 1));
  const schema::Event event = event_of(size);
  constexpr std::size_t kWarm = 2000;
  constexpr std::size_t kBacklog = 8192;
  for (std::size_t i = 0; i < kWarm; ++i) (void)publisher->publish(event);
  if (!counter.wait_for(kWarm, std::chrono::seconds(30))) check(schema::unavailable("warm-up did not end"));
  const CpuClock cpu(queue.redis().pid());
  const auto start = Clock::now();
  for (std::size_t i = 0; i < events; ++i) {
    // A backlog that only grows would measure the kernel handing out pages.
    if (i % 512 == 0) counter.wait_for(kWarm + i - std::min(i, kBacklog), std::chrono::seconds(60));
    (void)publisher->publish(event);
  }
  if (!counter.wait_for(kWarm + events, std::chrono::seconds(120)) ||
      !publisher->drain(std::chrono::seconds(30))) {
    check(schema::unavailable("the events did not arrive"));
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  const auto count = static_cast<double>(events);
  return {count / took.count(), cpu.own_us() / count, cpu.redis_us() / count, 0};
}

std::vector<double> ack_latencies(std::size_t size, double per_second, std::size_t events) {
  Queue queue;
  DoneCounter counter;
  const std::jthread consumer = worker(queue, counter);
  auto publisher = broker::Publisher::start({queue.operator_peer()}, broker::memory_spool(1ull << 30, 1));
  const schema::Event event = event_of(size);
  (void)publisher->publish(event);
  (void)counter.wait_for(1, std::chrono::seconds(30));
  (void)publisher->drain(std::chrono::seconds(30));
  // The publisher counts acknowledgements; a thread notes when each count was first seen.
  std::vector<double> sent(events), acked(events);
  const std::uint64_t before = publisher->state().acknowledged;
  const auto start = Clock::now();
  const auto now_ms = [&] { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); };
  std::jthread watcher([&] {
    for (std::size_t seen = 0; seen < events;) {
      const std::size_t count = publisher->state().acknowledged - before;
      for (const double now = now_ms(); seen < std::min(count, events); ++seen) acked[seen] = now;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  for (std::size_t i = 0; i < events; ++i) {
    std::this_thread::sleep_until(start +
                                  std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(static_cast<double>(i) / per_second)));
    sent[i] = now_ms();
    (void)publisher->publish(event);
  }
  watcher.join();
  std::vector<double> latencies;
  for (std::size_t i = 0; i < events; ++i) latencies.push_back(acked[i] - sent[i]);
  return latencies;
}

}  // namespace fuzzmill::bench
