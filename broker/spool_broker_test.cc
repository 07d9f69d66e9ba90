// What thins out in a spool, against a real broker that goes and comes: each sample counts once.

#include "broker/publisher.h"
#include "schema/event_codec.h"
#include "schema/keys.h"
#include "tests/catch.h"
#include "tests/queue_server.h"
#include "tests/sample_events.h"

using namespace fuzzmill;
using namespace fuzzmill::broker;
using schema::Topic;

namespace {

using tests::crash_event;

schema::Event sample(int i) {
  schema::ResourceSample body;
  body.interval_ms = 1000;
  body.executions = static_cast<std::uint64_t>(i);
  schema::Event event;
  event.node = "nyc";
  event.target = "t";
  event.time_ms = 1;
  event.body = body;
  return event;
}

// The samples that the log has, in its order.
std::vector<schema::ResourceSample> logged(tests::QueueServer& queue) {
  auto redis = queue.redis().connect();
  const auto entries = redis.command({"XRANGE", schema::keys::stream(Topic::kResourceSample), "-", "+"});
  REQUIRE(entries);
  std::vector<schema::ResourceSample> samples;
  for (const auto& entry : entries->items) {
    const auto& fields = entry.items.at(1).items;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text != "e") continue;
      const auto event = schema::decode(fields[i + 1].text);
      REQUIRE(event);
      samples.push_back(std::get<schema::ResourceSample>(event->body));
    }
  }
  return samples;
}

void check_each_counts_once(const std::vector<schema::ResourceSample>& samples, std::uint64_t published) {
  std::uint64_t count = 0, interval = 0, executions = 0;
  for (const auto& sample : samples) {
    count += sample.merged.value_or(1);
    interval += sample.interval_ms;
    CHECK(*sample.executions > executions);  // in order, the last of each
    executions = *sample.executions;
  }
  CHECK(count == published);
  CHECK(interval == 1000 * published);
  CHECK(executions == published);
}

}  // namespace

TEST_CASE("samples that thinned out while the broker was away each count once, however it went away") {
  tests::QueueServer queue;
  const tests::TemporaryFolder folder;
  constexpr std::uint64_t kSpool = 60'000;
  int published = 0;
  const auto publish = [&](Publisher& publisher, int count) {
    for (int i = 0; i < count; ++i) REQUIRE(publisher.publish(sample(++published)));
  };
  const auto open = [&] {
    auto spool = open_spool(folder.path() / "a.spool", kSpool);
    REQUIRE(spool);
    return Publisher::start({.peer = queue.operator_peer()}, std::move(*spool));
  };
  {
    const auto publisher = open();
    publish(*publisher, 60);
    REQUIRE(tests::eventually([&] { return publisher->state().acknowledged > 0; }));
    publish(*publisher, 60);  // some of these are on their way when the broker goes
    queue.stop();
    publish(*publisher, 400);
    CHECK(publisher->state().spool.merged > 0);
    CHECK(publisher->state().spool.dropped == 0);
  }
  const auto publisher = open();  // the node starts again meanwhile
  publish(*publisher, 100);
  for (int i = 0; i < 10; ++i)
    REQUIRE(publisher->publish(crash_event(), {{"input", std::string(1000, 'x')}}));
  CHECK(publisher->state().spool.dropped == 0);
  queue.start();
  REQUIRE(publisher->drain(std::chrono::seconds(30)));
  check_each_counts_once(logged(queue), static_cast<std::uint64_t>(published));
  auto redis = queue.redis().connect();
  CHECK(redis.command({"XLEN", schema::keys::stream(Topic::kCrashFound)})->integer == 10);
}
