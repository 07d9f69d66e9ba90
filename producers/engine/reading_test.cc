#include "producers/engine/reading.h"

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;
const EngineMetrics::Time kStart{1000s};

EngineReading of(std::uint64_t executions) {
  EngineReading reading;
  reading.executions = executions;
  return reading;
}

schema::ResourceSample filled(const EngineMetrics& metrics) {
  schema::ResourceSample sample;
  metrics.fill(sample);
  return sample;
}

}  // namespace

TEST_CASE("a fuzzer that said nothing yet has no figures, which is not zero") {
  EngineMetrics metrics(Engine::kAfl);
  const auto sample = filled(metrics);
  CHECK(sample.engine == "afl");
  CHECK_FALSE(sample.executions.has_value());
  CHECK_FALSE(sample.exec_per_second.has_value());
  CHECK_FALSE(sample.crashes.has_value());
  CHECK_FALSE(sample.hangs.has_value());
  CHECK_FALSE(sample.last_new_path_ms.has_value());
}

TEST_CASE("executions never fall over libFuzzer's restarts, nor when fork mode echoes its children") {
  EngineMetrics metrics;
  metrics.run_started(kStart);
  metrics.take(of(1000), kStart + 10s);
  metrics.take(of(2), kStart + 11s);  // a child's first line
  CHECK(filled(metrics).executions == 1000);
  metrics.run_started(kStart + 20s);
  CHECK(filled(metrics).executions == 1000);
  metrics.take(of(5000), kStart + 30s);  // more than the run before had: still a new run
  CHECK(filled(metrics).executions == 6000);
}

TEST_CASE("AFL's counter goes on after an in-place resume, and one that falls began anew") {
  EngineMetrics metrics(Engine::kAfl);
  metrics.run_started(kStart);
  metrics.take(of(1000), kStart, "main");
  metrics.run_started(kStart + 60s);
  metrics.take(of(1000), kStart + 61s, "main");  // the file of the run before
  metrics.take(of(1500), kStart + 120s, "main");
  CHECK(filled(metrics).executions == 1500);
  metrics.take(of(40), kStart + 180s, "main");
  CHECK(filled(metrics).executions == 1540);
}

TEST_CASE("exec/s comes from two takes; until then it is what the engine says") {
  EngineMetrics metrics;
  metrics.run_started(kStart);
  metrics.take(of(1 << 20), kStart + 100s);
  CHECK(*filled(metrics).exec_per_second == Approx((1 << 20) / 100.0));
  metrics.take(of((1 << 20) + 300), kStart + 110s);
  CHECK(*filled(metrics).exec_per_second == Approx(30));
  metrics.take(of((1 << 20) + 900), kStart + 110s + 10ms);  // lines of one burst are no speed
  CHECK(*filled(metrics).exec_per_second == Approx(30));
  metrics.take(of((1 << 20) + 1300), kStart + 120s);
  CHECK(*filled(metrics).exec_per_second == Approx(100));

  EngineMetrics attached(Engine::kAfl);
  auto reading = of(6000);
  reading.exec_per_second_said = 72.96;
  reading.as_of_ms = 1'000'000;
  attached.take(reading, kStart);
  CHECK(*filled(attached).exec_per_second == Approx(72.96));
  attached.take(reading, kStart + 30s);  // AFL wrote nothing in between: the speed is not zero
  CHECK(*filled(attached).exec_per_second == Approx(72.96));
  reading.executions = 9000;
  reading.as_of_ms = 1'060'000;
  attached.take(reading, kStart + 75s);
  CHECK(*filled(attached).exec_per_second == Approx(50));  // by AFL's own minute, not by when we looked
}

TEST_CASE("instances are summed, but not what they share") {
  EngineMetrics metrics(Engine::kAfl);
  auto reading = of(100);
  reading.coverage = 40, reading.corpus_files = 7, reading.crashes = 1, reading.hangs = 2;
  reading.last_new_path_ms = 5000;
  metrics.take(reading, kStart, "main");
  reading = of(50);
  reading.coverage = 44, reading.corpus_files = 5, reading.crashes = 3, reading.last_new_path_ms = 4000;
  metrics.take(reading, kStart, "secondary");
  auto sample = filled(metrics);
  CHECK(sample.executions == 150);
  CHECK(sample.coverage == 44);
  CHECK(sample.corpus_files == 12);
  CHECK(sample.crashes == 4);
  CHECK(sample.hangs == 2);
  CHECK(sample.last_new_path_ms == 5000);
  CHECK(metrics.total().instances == 2);
  metrics.ended("main");
  sample = filled(metrics);
  CHECK(sample.executions == 150);
  CHECK(sample.last_new_path_ms == 5000);
  CHECK(metrics.total().instances == 1);
  sample.crashes = 9;  // of our own counting
  metrics.fill(sample);
  CHECK(sample.crashes == 9);
}

TEST_CASE("an instance that writes no statistics any more keeps its counters and loses its speed") {
  EngineMetrics metrics(Engine::kAfl);
  const auto told = [&](const char* name, std::uint64_t executions, std::uint64_t as_of_s) {
    auto reading = of(executions);
    reading.as_of_ms = as_of_s * 1000, reading.exec_per_second_said = 100;
    metrics.take(reading, kStart, name);
  };
  told("main", 1000, 10'000);
  told("dead", 500, 10'000);
  CHECK(filled(metrics).exec_per_second == 200);
  told("main", 2000, 10'010);
  told("main", 31'000, 10'300);
  CHECK(metrics.total().instances == 2);  // five minutes: it may be slow
  told("main", 31'100, 10'301);
  CHECK(metrics.total().instances == 1);
  CHECK(filled(metrics).executions == 31'600);
  CHECK(filled(metrics).exec_per_second == 100);
}

TEST_CASE("sources over the bound are left out") {
  EngineMetrics metrics(Engine::kAfl);
  for (std::size_t i = 0; i < EngineMetrics::kMaxSources + 10; ++i)
    metrics.take(of(1), kStart, "instance" + std::to_string(i));
  CHECK(filled(metrics).executions == EngineMetrics::kMaxSources);
}

TEST_CASE("a status line of libFuzzer is a reading, and a new input has the time it was read") {
  StatusSeen seen;
  seen.executions = 5, seen.exec_per_second = 70, seen.corpus_files = 3;
  auto reading = reading_of(seen, 1234);
  CHECK(reading.executions == 5);
  CHECK(reading.exec_per_second_said == 70.0);
  CHECK_FALSE(reading.coverage.has_value());
  CHECK_FALSE(reading.last_new_path_ms.has_value());
  CHECK_FALSE(reading.crashes.has_value());
  seen.new_path = true;
  seen.ooms = 1, seen.timeouts = 2, seen.crashes = 3;
  reading = reading_of(seen, 1234);
  CHECK(reading.last_new_path_ms == 1234);
  CHECK(reading.crashes == 4);
  CHECK(reading.hangs == 2);
  seen.copied = true;
  CHECK_FALSE(reading_of(seen, 1234).executions.has_value());
}

}  // namespace fuzzmill::producers
