// The publishing half of the protocol against a real broker and a real Redis.
#include <fmt/format.h>

#include "broker/link.h"
#include "schema/event_codec.h"
#include "schema/keys.h"
#include "schema/limits.h"
#include "schema/wire.h"
#include "store/event_log.h"
#include "tests/catch.h"
#include "tests/queue_server.h"

using namespace fuzzmill;
using namespace fuzzmill::broker;
using schema::Topic;
namespace wire = schema::wire;
namespace keys = schema::keys;

namespace {

schema::Event heartbeat(std::uint64_t source = 5, std::uint64_t sequence = 1) {
  schema::Event event;
  event.id = schema::EventId::of(source, sequence);
  event.node = "nyc";
  event.time_ms = 1;
  event.body = schema::Heartbeat{"start", "1", 0, {}, {}, {}};
  return event;
}

// A client that says exactly what a test wants.
class RawClient {
 public:
  explicit RawClient(Peer peer) : link_(std::move(peer)) {
    REQUIRE(tests::eventually([&] {
      link_.wait(std::chrono::milliseconds(20));
      while (link_.change() != Link::Change::kNone) {
      }
      return link_.up();
    }));
  }

  void publish(std::uint64_t source, std::uint64_t previous, std::vector<std::uint64_t> sequences) {
    std::vector<std::string> bytes;
    for (const std::uint64_t sequence : sequences)
      bytes.push_back(schema::encode(heartbeat(source, sequence)));
    wire::Publish publish{source, previous, {}};
    for (std::size_t i = 0; i < sequences.size(); ++i) publish.events.push_back({sequences[i], bytes[i]});
    Frames frames(1);
    frames[0] = frame_of(wire::encode(publish));
    REQUIRE(link_.send(frames) == Sent::kYes);
  }

  // The next answer; the frame stays alive until the next call.
  wire::BrokerMessage next() {
    REQUIRE(tests::eventually([&] {
      link_.wait(std::chrono::milliseconds(20));
      return link_.receive(frames_);
    }));
    auto message = wire::decode_broker(view(frames_[0]));
    REQUIRE(message);
    return *message;
  }

 private:
  Link link_;
  Frames frames_;
};

std::int64_t length(tests::QueueServer& queue, Topic topic) {
  auto redis = queue.redis().connect();
  return redis.command({"XLEN", keys::stream(topic)})->integer;
}

}  // namespace

TEST_CASE(
    "an event is in the log when it is acknowledged, and a repetition is acknowledged but not appended") {
  tests::QueueServer queue;
  RawClient client(queue.operator_peer());
  client.publish(5, 0, {1, 2});
  auto ack = std::get<wire::Ack>(client.next());
  CHECK(ack.source == 5);
  CHECK(ack.sequence == 2);
  CHECK(length(queue, Topic::kHeartbeat) == 2);
  client.publish(5, 0, {1, 2});
  CHECK(std::get<wire::Ack>(client.next()).sequence == 2);
  client.publish(5, 0, {2, 3});  // half known
  CHECK(std::get<wire::Ack>(client.next()).sequence == 3);
  CHECK(length(queue, Topic::kHeartbeat) == 3);
}

TEST_CASE("a gap is answered with where to go on from, and nothing of it is taken") {
  tests::QueueServer queue;
  RawClient client(queue.operator_peer());
  client.publish(5, 0, {1});
  CHECK(std::get<wire::Ack>(client.next()).sequence == 1);
  client.publish(5, 2, {3});  // 2 was lost on the way
  const auto rewind = std::get<wire::Rewind>(client.next());
  CHECK(rewind.sequence == 1);
  CHECK(length(queue, Topic::kHeartbeat) == 1);
}

TEST_CASE("a key that uses the source of another does not move its marks") {
  tests::QueueServer queue;
  RawClient honest(queue.operator_peer());
  honest.publish(5, 0, {1});
  CHECK(std::get<wire::Ack>(honest.next()).sequence == 1);
  RawClient thief(queue.peer("london", Role::kNode));
  thief.publish(5, 0, {99});  // an event of nyc: refused, and stepped over for london's own source 5
  CHECK(std::get<wire::Refuse>(thief.next()).sequence == 99);
  honest.publish(5, 1, {2});
  CHECK(std::get<wire::Ack>(honest.next()).sequence == 2);
  CHECK(length(queue, Topic::kHeartbeat) == 2);
}

TEST_CASE("marks outlive the broker, and hold for another one") {
  tests::QueueServer queue;
  {
    RawClient client(queue.operator_peer());
    client.publish(5, 0, {1, 2});
    CHECK(std::get<wire::Ack>(client.next()).sequence == 2);
  }
  auto other = queue.another("two");
  Peer peer = queue.operator_peer();
  peer.endpoint = other->endpoint();
  RawClient client(peer);
  client.publish(5, 0, {1, 2, 3});
  CHECK(std::get<wire::Ack>(client.next()).sequence == 3);
  CHECK(length(queue, Topic::kHeartbeat) == 3);
}

TEST_CASE("a publisher brings every event over a broker that goes and comes") {
  tests::QueueServer queue;
  auto publisher = queue.publisher();
  for (int i = 0; i < 500; ++i) REQUIRE(publisher->publish(heartbeat()));
  REQUIRE(tests::eventually([&] { return publisher->state().acknowledged > 0; }));
  queue.stop();
  for (int i = 0; i < 500; ++i) REQUIRE(publisher->publish(heartbeat()));
  queue.start();
  REQUIRE(publisher->drain(std::chrono::seconds(30)));
  CHECK(length(queue, Topic::kHeartbeat) == 1000);
}

TEST_CASE("a publisher brings every event over a Redis that is killed and comes back") {
  tests::QueueServer queue;
  auto publisher = queue.publisher();
  for (int i = 0; i < 300; ++i) REQUIRE(publisher->publish(heartbeat()));
  REQUIRE(tests::eventually([&] { return publisher->state().acknowledged > 0; }));
  queue.redis().kill_9();
  for (int i = 0; i < 300; ++i) REQUIRE(publisher->publish(heartbeat()));
  queue.redis().restart();
  REQUIRE(publisher->drain(std::chrono::seconds(30)));
  CHECK(length(queue, Topic::kHeartbeat) == 600);
}

TEST_CASE("past the configured depth the topic is busy, others are not, and the spool keeps the events") {
  tests::QueueServer queue([](ServerOptions& options) { options.max_depth = 100; });
  auto publisher = queue.publisher();
  for (int i = 0; i < 200; ++i) REQUIRE(publisher->publish(heartbeat()));
  REQUIRE(tests::eventually([&] {
    (void)publisher->publish(heartbeat());
    return publisher->state().last_problem.find("busy") != std::string::npos;
  }));
  CHECK(publisher->state().spool.events > 0);
  schema::Event sample;
  sample.node = "nyc";
  sample.target = "t";
  sample.body = schema::ResourceSample{};
  REQUIRE(publisher->publish(sample));
  REQUIRE(tests::eventually([&] { return length(queue, Topic::kResourceSample) == 1; }));
}

TEST_CASE("events with more attachments together than a message has frames all arrive") {
  tests::QueueServer queue;
  auto publisher = queue.publisher();
  for (int i = 0; i < 6; ++i) {
    std::vector<Attachment> files;
    for (std::size_t f = 0; f < schema::kMaxAttachments; ++f)
      files.push_back({fmt::format("f{}", f), fmt::format("{}/{}", i, f)});
    schema::Event snapshot;
    snapshot.node = "nyc";
    snapshot.target = "t";
    schema::CorpusSnapshot body;
    body.engine = "libfuzzer", body.files = 256, body.bytes = 1000, body.selection = "all";
    snapshot.body = body;
    REQUIRE(publisher->publish(snapshot, std::move(files)));
  }
  REQUIRE(publisher->drain(std::chrono::seconds(30)));
  CHECK(publisher->state().last_problem.empty());
  CHECK(length(queue, Topic::kCorpusSnapshot) == 6);
}

TEST_CASE("a broker refuses a Redis that would lose acknowledged events") {
  tests::QueueServer queue;
  queue.stop();
  auto redis = queue.redis().connect();
  REQUIRE(redis.command({"CONFIG", "SET", "appendfsync", "everysec"}));
  try {
    queue.start();
    FAIL("it started");
  } catch (const std::exception& e) {
    CHECK(std::string(e.what()).find("appendfsync") != std::string::npos);
  }
}

TEST_CASE("a second broker of the same name waits for the first to end and says so") {
  tests::QueueServer queue;
  auto redis = queue.redis().connect();
  // A lease of a living process elsewhere.
  queue.stop();
  REQUIRE(redis.command({"SET", keys::broker("one"), "elsewhere 1", "PX", "1000"}));
  queue.start();  // the lease ran out meanwhile
  const auto holder = redis.command({"GET", keys::broker("one")});
  REQUIRE(holder);
  CHECK(holder->text != "elsewhere 1");
}
