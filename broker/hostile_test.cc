// A broker among hostile peers: what is refused is refused with a reason, and it serves on.
#include <random>

#include "broker/link.h"
#include "schema/event_codec.h"
#include "schema/keys.h"
#include "schema/limits.h"
#include "schema/wire.h"
#include "tests/catch.h"
#include "tests/queue_server.h"

using namespace fuzzmill;
using namespace fuzzmill::broker;
namespace wire = schema::wire;

namespace {

schema::Event heartbeat(const std::string& node) {
  schema::Event event;
  event.id = schema::EventId::of(5, 1);
  event.node = node;
  event.body = schema::Heartbeat{"start", "1", 0, {}, {}, {}};
  return event;
}

bool wait_up(Link& link) {
  return tests::eventually([&] {
    link.wait(std::chrono::milliseconds(20));
    while (link.change() != Link::Change::kNone) {
    }
    return link.up();
  });
}

void say(Link& link, const std::vector<std::string>& parts) {
  Frames frames;
  for (const auto& part : parts) frames.push_back(frame_of(part));
  REQUIRE(link.send(frames) == Sent::kYes);
}

// The reason of the next FAULT or REFUSE.
std::string refusal(Link& link) {
  Frames frames;
  REQUIRE(tests::eventually([&] {
    link.wait(std::chrono::milliseconds(20));
    return link.receive(frames);
  }));
  const auto message = wire::decode_broker(view(frames[0]));
  REQUIRE(message);
  if (const auto* fault = std::get_if<wire::Fault>(&*message)) return std::string(fault->reason);
  if (const auto* refuse = std::get_if<wire::Refuse>(&*message)) return std::string(refuse->reason);
  return "neither FAULT nor REFUSE";
}

void require_serves_on(tests::QueueServer& queue) {
  auto publisher = queue.publisher();
  REQUIRE(publisher->publish(heartbeat("nyc")));
  REQUIRE(publisher->drain(std::chrono::seconds(20)));
}

std::size_t resident_kb() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long total = 0, resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * 4 : 0;
}

}  // namespace

TEST_CASE("frames that are none are refused with a reason") {
  tests::QueueServer queue;
  Link link(queue.operator_peer());
  REQUIRE(wait_up(link));
  const struct {
    std::string header;
    const char* why;
  } rows[] = {
      {"junk", "stray bytes"},
      {std::string(1, '\xc1'), "not MessagePack"},
      {*schema::unhex("9202a450494e47"), "protocol version 2"},
      {*schema::unhex("9501a35055420100dd7fffffff"), "over a limit"},
      {*schema::unhex("9501a35055420100c67fffffff"), "not MessagePack"},
      {*schema::unhex("9501a350554201"), "not MessagePack"},
      {std::string("\x95\x01\xa3PUB\x01", 7) + std::string(100'000, '\x91'), ""},
      {"", "not MessagePack"},
  };
  for (const auto& row : rows) {
    say(link, {row.header});
    const std::string reason = refusal(link);
    INFO(reason);
    CHECK(reason.find(row.why) != std::string::npos);
  }
  require_serves_on(queue);
}

TEST_CASE("random bytes in any number of frames do no harm and cost no memory") {
  tests::QueueServer queue;
  Link link(queue.operator_peer());
  REQUIRE(wait_up(link));
  std::mt19937_64 random(1);
  const std::size_t before = resident_kb();
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::string> parts(1 + random() % 4);
    for (auto& part : parts) {
      part.resize(random() % 600);
      for (char& c : part) c = static_cast<char>(random());
    }
    say(link, parts);
    Frames frames;
    while (link.receive(frames)) {
    }
  }
  require_serves_on(queue);
  CHECK(resident_kb() < before + 64 * 1024);
}

TEST_CASE("every mutation of a good message is taken or refused, never worse") {
  tests::QueueServer queue;
  Link link(queue.operator_peer());
  REQUIRE(wait_up(link));
  const std::string event = schema::encode(heartbeat("nyc"));
  const std::string good = wire::encode(wire::ClientMessage(wire::Publish{5, 0, {{1, event}}}));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char change : {'\x00', '\x7f', '\xff', '\xdf'}) {
      std::string bad = good;
      bad[i] = change;
      say(link, {bad});
    }
    say(link, {good.substr(0, i)});
    Frames frames;
    while (link.receive(frames)) {
    }
  }
  require_serves_on(queue);
}

TEST_CASE("a node that claims to be another is refused, and the event is not taken") {
  tests::QueueServer queue;
  Link link(queue.peer("nyc", Role::kNode));
  REQUIRE(wait_up(link));
  const std::string event = schema::encode(heartbeat("london"));
  say(link, {wire::encode(wire::ClientMessage(wire::Publish{5, 0, {{1, event}}}))});
  CHECK(refusal(link) == "the key of node 'nyc' may not speak for node 'london'");
  auto redis = queue.redis().connect();
  CHECK(redis.command({"XLEN", schema::keys::stream(schema::Topic::kHeartbeat)})->integer == 0);
}

TEST_CASE("an unknown key is not let in, and is let in once it is authorized") {
  tests::QueueServer queue;
  Peer peer = queue.operator_peer();
  peer.self = make_credential("stranger", Role::kOperator);
  Link link(peer);
  REQUIRE(tests::eventually([&] {
    link.wait(std::chrono::milliseconds(20));
    return link.change() == Link::Change::kRefused;
  }));
  CHECK(link.problem().find("does not know the key 'stranger'") != std::string::npos);
  REQUIRE(write_credential(peer.self, queue.keys()));
  REQUIRE(wait_up(link));
}

TEST_CASE("a key that is taken out of authorized/ is refused the next time it connects") {
  tests::QueueServer queue;
  const Peer peer = queue.peer("nyc", Role::kNode);
  {
    Link link(peer);
    REQUIRE(wait_up(link));
  }
  REQUIRE(std::filesystem::remove(queue.keys() / "authorized" / "nyc.pub"));
  Link link(peer);
  REQUIRE(tests::eventually([&] {
    link.wait(std::chrono::milliseconds(20));
    return link.change() == Link::Change::kRefused;
  }));
}

TEST_CASE("a client without CURVE is never heard") {
  tests::QueueServer queue;
  zmq::context_t context;
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::linger, 0);
  socket.connect(queue.endpoint());
  const std::string event = schema::encode(heartbeat("nyc"));
  Frames frames;
  frames.push_back(frame_of(wire::encode(wire::ClientMessage(wire::Publish{5, 0, {{1, event}}}))));
  (void)send(socket, frames);
  require_serves_on(queue);  // a later, proper client is served …
  auto redis = queue.redis().connect();
  CHECK(redis.command({"XLEN", schema::keys::stream(schema::Topic::kHeartbeat)})->integer ==
        1);  // … and only it
}

TEST_CASE("a frame over the protocol's bound drops its peer and nobody else") {
  tests::QueueServer queue;
  Link link(queue.operator_peer());
  REQUIRE(wait_up(link));
  say(link, {std::string(schema::kMaxMessageSize + 1000, 'x')});
  REQUIRE(tests::eventually([&] {
    link.wait(std::chrono::milliseconds(20));
    return link.change() == Link::Change::kDown;
  }));
  require_serves_on(queue);
}

TEST_CASE("more frames than the protocol allows are refused") {
  tests::QueueServer queue;
  Link link(queue.operator_peer());
  REQUIRE(wait_up(link));
  std::vector<std::string> parts(schema::kMaxFrames + 10, "x");
  say(link, parts);
  CHECK(refusal(link) == "message has too many frames");
  require_serves_on(queue);
}
