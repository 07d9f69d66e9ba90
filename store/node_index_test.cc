#include "store/node_index.h"

#include <fmt/format.h>

#include "schema/keys.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using tests::must;

constexpr std::uint64_t kNow = 1'750'000'000'000;

schema::Event sample(std::uint64_t time_ms, double cpu, std::string target = "fuzz_tlv") {
  schema::ResourceSample body;
  body.interval_ms = 30'000, body.cpu_percent = cpu, body.rss_mb = 123.5;
  body.threads = 4, body.processes = 2, body.states = "RS";
  body.exec_per_second = 1234.25;
  return {schema::EventId::of(1, time_ms), "nyc", std::move(target), time_ms, {}, body};
}

schema::Event heartbeat(std::uint64_t time_ms, std::string node, std::string version) {
  schema::Heartbeat body;
  body.reason = "hour", body.version = std::move(version), body.uptime_s = 77;
  return {schema::EventId::of(2, time_ms), std::move(node), "", time_ms, {}, body};
}

struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  NodeIndex index{redis};

  std::vector<bool> take(const std::vector<schema::Event>& events, std::uint64_t now = kNow) {
    std::vector<const schema::Event*> batch;
    for (const auto& event : events) batch.push_back(&event);
    return must(index.take(batch, now));
  }
};

}  // namespace

TEST_CASE("The latest sample of a target is known, and a late or repeated one changes nothing") {
  Fixture f;
  CHECK(f.take({sample(kNow - 60'000, 10), sample(kNow - 30'000, 20), sample(kNow - 60'000, 10)}) ==
        std::vector<bool>{true, true, false});
  CHECK(f.take({sample(kNow - 30'000, 99)}) == std::vector<bool>{false});
  const auto targets = must(f.index.targets("nyc"));
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].sample.cpu_percent == 20);
  CHECK(targets[0].sample.rss_mb == 123.5);
  CHECK(targets[0].sample.states == "RS");
  CHECK(targets[0].sample.exec_per_second == 1234.25);
  CHECK_FALSE(targets[0].sample.coverage.has_value());
  const auto series = must(f.index.samples("nyc", "fuzz_tlv", 10));
  REQUIRE(series.size() == 2);
  CHECK(series[0].sample.cpu_percent == 10);
  CHECK(series[1].time_ms == kNow - 30'000);
}

TEST_CASE("A sample without a target is of the node itself") {
  Fixture f;
  auto event = sample(kNow - 1'000, 1, "");
  auto& body = std::get<schema::ResourceSample>(event.body);
  body.disk_percent = 81.5, body.disk_path = "/data", body.cores = 8, body.temperature_c = 61.5;
  CHECK(f.take({heartbeat(kNow - 2'000, "nyc", "1"), event, sample(kNow - 1'000, 3)}) ==
        std::vector<bool>{true, true, true});
  CHECK(f.take({event}) == std::vector<bool>{false});
  const auto node = must(f.index.nodes(10)).front();
  CHECK(node.version == "1");
  CHECK(node.targets == std::vector<std::string>{"fuzz_tlv"});
  REQUIRE(node.machine.has_value());
  CHECK(node.machine->time_ms == kNow - 1'000);
  CHECK(node.machine->sample.disk_percent == 81.5);
  CHECK(node.machine->sample.disk_path == "/data");
  CHECK(node.machine->sample.cores == 8);
  CHECK(must(f.index.samples("nyc", "", 10)).size() == 1);
  f.take({heartbeat(kNow - 500, "london", "1")});
  CHECK_FALSE(must(f.index.nodes(10)).front().machine.has_value());
}

TEST_CASE("Nodes come latest sign of life first, with their last heartbeat and their targets") {
  Fixture f;
  f.take({heartbeat(kNow - 5'000, "nyc", "2"), heartbeat(kNow - 9'000, "nyc", "1"),
          heartbeat(kNow - 1'000, "london", "3"), sample(kNow - 2'000, 1),
          sample(kNow - 2'000, 1, "fuzz_a")});
  const auto nodes = must(f.index.nodes(10));
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[0].node == "london");
  CHECK(nodes[1].node == "nyc");
  CHECK(nodes[1].version == "2");
  CHECK(nodes[1].uptime_s == 77);
  CHECK(nodes[1].last_seen_ms == kNow - 2'000);
  CHECK(nodes[1].targets == std::vector<std::string>{"fuzz_a", "fuzz_tlv"});
  CHECK(must(f.index.nodes(1)).size() == 1);
}

TEST_CASE("A node whose clock is ahead is seen now, not in the future") {
  Fixture f;
  f.take({heartbeat(kNow * 2, "nyc", "1")});
  CHECK(must(f.index.nodes(10))[0].last_seen_ms == kNow);
  CHECK(f.take({heartbeat(kNow + 30'000, "nyc", "2")}, kNow + 30'000) == std::vector<bool>{true});
}

TEST_CASE("The samples that are kept are bounded, and so are the targets of a node") {
  Fixture f;
  std::vector<schema::Event> events;
  for (std::uint64_t i = 0; i < 4'000; ++i) events.push_back(sample(kNow - 5'000 + i, 1));
  f.take(events);
  CHECK(must(f.redis.command({"XLEN", schema::keys::samples("nyc", "fuzz_tlv")})).integer <= 2'880 + 128);
  CHECK(must(f.index.samples("nyc", "fuzz_tlv", 5)).size() == 5);

  events.clear();
  for (int i = 0; i < 1'500; ++i) events.push_back(sample(kNow, 1, fmt::format("t{}", i)));
  f.take(events);
  CHECK(must(f.index.targets("nyc")).size() <= 1'024);
}

TEST_CASE("What is no sign of life of a node is refused") {
  Fixture f;
  auto event = sample(kNow, 1);
  SECTION("another topic") { event.body = schema::CrashFound{}; }
  SECTION("a sample of a target that is no name") { event.target = "a b"; }
  SECTION("a node that is no name") { event.node = "a/b"; }
  CHECK(f.index.take({&event}, kNow).error().code == schema::ErrorCode::kInvalid);
}

}  // namespace fuzzmill::store
