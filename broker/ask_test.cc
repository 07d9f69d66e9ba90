// Questions of nodes, end to end: a real asker, a real broker, a real Redis.
#include <future>
#include <thread>

#include "broker/asker.h"
#include "broker/link.h"
#include "broker/zap.h"
#include "schema/keys.h"
#include "schema/wire.h"
#include "store/orders.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/queue_server.h"

namespace fuzzmill::broker {
namespace {

using namespace std::chrono_literals;
using schema::ErrorCode;
using tests::must;
namespace keys = schema::keys;
namespace wire = schema::wire;

constexpr auto kLimit = 20s;

schema::SharedInput input(const std::string& bytes) { return {schema::sha256(bytes), bytes}; }

std::string hashes_of(const std::vector<std::string>& inputs) {
  std::string hashes;
  for (const auto& bytes : inputs) schema::add_hash(hashes, schema::sha256(bytes));
  return hashes;
}

bool wait_up(Link& link) {
  return tests::eventually([&] {
    link.wait(20ms);
    while (link.change() != Link::Change::kNone) {
    }
    return link.up();
  });
}

struct Fixture {
  tests::QueueServer queue;
  Asker nyc{queue.peer("nyc", Role::kNode)};
  Asker london{queue.peer("london", Role::kNode)};
};

}  // namespace

TEST_CASE("A node learns which snapshot of its own is archived") {
  Fixture f;
  CHECK(must(f.nyc.ask(schema::BaseAsked{"fuzz_tlv"}, kLimit)).snapshot.empty());
  auto redis = f.queue.redis().connect();
  must(redis.command({"HSET", keys::corpus_snapshots("fuzz_tlv"), "nyc", "0123456789abcdef"}));
  CHECK(must(f.nyc.ask(schema::BaseAsked{"fuzz_tlv"}, kLimit)).snapshot == "0123456789abcdef");
  CHECK(must(f.london.ask(schema::BaseAsked{"fuzz_tlv"}, kLimit)).snapshot.empty());
}

TEST_CASE("A node learns which files the server lacks") {
  Fixture f;
  auto redis = f.queue.redis().connect();
  must(redis.command({"SADD", keys::corpus_have("fuzz_tlv"), schema::sha256_hex("b")}));
  const auto told = must(f.nyc.ask(schema::LacksAsked{"fuzz_tlv", hashes_of({"a", "b", "c"})}, kLimit));
  CHECK(told.lacks == std::string("\1\0\1", 3));
  CHECK(must(f.nyc.ask(schema::LacksAsked{"fuzz_tlv", ""}, kLimit)).lacks.empty());
  const std::string most(32 * schema::kMaxAskedHashes, 'h');
  CHECK(must(f.nyc.ask(schema::LacksAsked{"fuzz_tlv", most}, kLimit)).lacks ==
        std::string(schema::kMaxAskedHashes, '\1'));
}

TEST_CASE("An input found on one node reaches the other, once, and never goes round") {
  Fixture f;
  auto start = must(f.london.ask(schema::SharedAsked{"t", "", 10, 1000, 0, 0}, kLimit));
  CHECK(start.inputs.empty());
  CHECK(must(f.nyc.ask(schema::OfferAsked{"t", hashes_of({"new"})}, kLimit)).lacks == "\1");
  const auto given = must(f.nyc.ask(schema::GiveAsked{"t", "libfuzzer", {input("new")}}, kLimit));
  CHECK(given.accepted == 1);
  CHECK(given.refused == 0);

  const auto first = must(f.london.ask(schema::SharedAsked{"t", start.cursor, 10, 1000, 0, 0}, kLimit));
  REQUIRE(first.inputs.size() == 1);
  CHECK(first.inputs[0].bytes == "new");
  CHECK(first.inputs[0].intact());
  // london's fuzzer has it now, and its agent sees a new file.
  CHECK(must(f.london.ask(schema::OfferAsked{"t", hashes_of({"new"})}, kLimit)).lacks ==
        std::string(1, '\0'));
  const auto second = must(f.london.ask(schema::SharedAsked{"t", first.cursor, 10, 1000, 1, 0}, kLimit));
  CHECK(second.inputs.empty());
}

TEST_CASE("An order reaches its node and what became of it is known") {
  Fixture f;
  auto redis = f.queue.redis().connect();
  store::Orders orders(redis);
  const std::uint64_t now =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  must(orders.give({"0123456789abcdef", "backup", "", "ann@desk", now}, {"nyc"}));
  CHECK(must(f.london.ask(schema::OrdersAsked{}, kLimit)).orders.empty());
  const auto told = must(f.nyc.ask(schema::OrdersAsked{}, kLimit));
  REQUIRE(told.orders.size() == 1);
  CHECK(told.orders[0].order == "backup");
  CHECK(told.orders[0].by == "ann@desk");
  CHECK(must(f.nyc.ask(schema::OrdersAsked{{{"0123456789abcdef", "taken", "", "", ""}}}, kLimit))
            .orders.size() == 1);
  CHECK(must(f.nyc.ask(schema::OrdersAsked{{{"0123456789abcdef", "done", "2 targets", "", ""}}}, kLimit))
            .orders.empty());
  const auto status = must(orders.status("0123456789abcdef"));
  REQUIRE(status.parts.size() == 1);
  CHECK(status.parts[0].text == "2 targets");
  CHECK(status.ended());
}

TEST_CASE("A node asks in its own name, an operator in that of any node, a stage in none") {
  tests::QueueServer queue;
  auto redis = queue.redis().connect();
  must(redis.command({"HSET", keys::corpus_snapshots("t"), "nyc", "0123456789abcdef"}));
  const struct {
    const char* key;
    Role role;
    const char* node;
    const char* why_not;  // nullptr: it may
  } rows[] = {
      {"nyc", Role::kNode, "", nullptr},
      {"nyc", Role::kNode, "nyc", nullptr},
      {"london", Role::kNode, "nyc", "the key of node 'london' may not ask for node 'nyc'"},
      {"op", Role::kOperator, "nyc", nullptr},
      {"op", Role::kOperator, "", "has to say for which node"},
      {"op", Role::kOperator, "a/b", "has to say for which node"},
      {"archive", Role::kStage, "nyc", "a key of role stage may not ask"},
      {"archive", Role::kStage, "", "a key of role stage may not ask"},
  };
  for (const auto& row : rows) {
    INFO(row.key << " for " << row.node);
    Asker asker(queue.peer(row.key, row.role), row.node);
    const auto told = asker.ask(schema::BaseAsked{"t"}, kLimit);
    if (row.why_not == nullptr) {
      CHECK(must(told).snapshot == "0123456789abcdef");
      continue;
    }
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ErrorCode::kDenied);
    CHECK(told.error().message.find(row.why_not) != std::string::npos);
  }
}

TEST_CASE("A question that is unknown or broken is answered with the reason, and the next one is answered") {
  Fixture f;
  const auto code = [&](std::string_view question, const std::string& body) {
    const auto told = f.nyc.ask_bytes(question, body, kLimit);
    REQUIRE_FALSE(told);
    CHECK_FALSE(told.error().message.empty());
    return told.error().code;
  };
  CHECK(code("corpus.later", "\x80") == ErrorCode::kNotFound);
  CHECK(code("", "") == ErrorCode::kNotFound);
  CHECK(code("corpus.base", "") == ErrorCode::kInvalid);
  CHECK(code("corpus.base", "\xc1") == ErrorCode::kInvalid);
  CHECK(code("corpus.base", schema::encode_body(schema::BaseAsked{"a/../b"})) == ErrorCode::kInvalid);
  CHECK(code("corpus.lacks", schema::encode_body(schema::LacksAsked{"t", "short"})) == ErrorCode::kInvalid);
  CHECK(code("corpus.shared", schema::encode_body(schema::SharedAsked{"t", "x", 1, 1, 0, 0})) ==
        ErrorCode::kInvalid);
  CHECK(code("corpus.give", std::string(100'000, '\x91')) == ErrorCode::kInvalid);
  CHECK(code("corpus.give", std::string(schema::kMaxAnswerSize + 1, 'x')) == ErrorCode::kTooLarge);
  CHECK(f.nyc.ask(schema::BaseAsked{"t"}, kLimit).ok());
}

TEST_CASE("A broker that is older than questions is not asked in vain for long") {
  // It answers every ASK as a broker of that age does.
  tests::QueueServer queue;
  const Peer peer = queue.peer("nyc", Role::kNode);
  queue.stop();
  const auto server = must(read_credential(queue.keys() / "server.key"));
  zmq::context_t context;
  const Zap zap(context, queue.keys());
  zmq::socket_t router(context, zmq::socket_type::router);
  configure_router(router, server);
  router.bind(queue.endpoint());
  std::thread old([&] {
    zmq::message_t from, header;
    if (!router.recv(from) || !router.recv(header)) return;
    Frames frames;
    frames.push_back(std::move(from));
    frames.push_back(frame_of(wire::encode(wire::BrokerMessage(wire::Fault{"no message is named 'ASK'"}))));
    (void)send(router, frames);
  });
  Asker asker(peer);
  const auto told = asker.ask(schema::BaseAsked{"t"}, kLimit);
  old.join();
  REQUIRE_FALSE(told);
  CHECK(told.error().code == ErrorCode::kNotFound);
  CHECK(told.error().message.find("does not answer questions") != std::string::npos);
}

TEST_CASE("No broker is no answer within the limit, and one that comes is asked") {
  Fixture f;
  REQUIRE(f.nyc.ask(schema::BaseAsked{"t"}, kLimit).ok());
  f.queue.stop();
  const auto before = std::chrono::steady_clock::now();
  const auto told = f.nyc.ask(schema::BaseAsked{"t"}, 200ms);
  REQUIRE_FALSE(told);
  CHECK(told.error().code == ErrorCode::kUnavailable);
  CHECK(std::chrono::steady_clock::now() - before < 5s);
  auto waiting = std::async(std::launch::async, [&] { return f.nyc.ask(schema::BaseAsked{"t"}, kLimit); });
  f.queue.start();
  CHECK(waiting.get().ok());
}

TEST_CASE("A key that is not admitted is told so") {
  tests::QueueServer queue;
  Peer peer = queue.operator_peer();
  peer.self = make_credential("stranger", Role::kNode);
  Asker asker(peer);
  const auto told = asker.ask(schema::BaseAsked{"t"}, kLimit);
  REQUIRE_FALSE(told);
  CHECK(told.error().code == ErrorCode::kDenied);
  CHECK(told.error().message.find("stranger") != std::string::npos);
  must(write_credential(peer.self, queue.keys()));
  CHECK(tests::eventually([&] { return asker.ask(schema::BaseAsked{"t"}, kLimit).ok(); }));
}

TEST_CASE("Several threads share an asker, and a stop wakes all of them") {
  Fixture f;
  std::vector<std::future<bool>> asked;
  for (int i = 0; i < 4; ++i) {
    asked.push_back(std::async(std::launch::async, [&] {
      bool all = true;
      for (int n = 0; n < 25; ++n) all = f.nyc.ask(schema::BaseAsked{"t"}, kLimit).ok() && all;
      return all;
    }));
  }
  for (auto& one : asked) CHECK(one.get());
  f.queue.stop();
  std::vector<std::future<schema::Result<schema::BaseTold>>> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(
        std::async(std::launch::async, [&] { return f.nyc.ask(schema::BaseAsked{"t"}, 10min); }));
  f.nyc.stop();
  for (auto& one : waiting) {
    const auto told = one.get();
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ErrorCode::kUnavailable);
  }
}

TEST_CASE("Without Redis a node is told so, and asked again when it is back") {
  Fixture f;
  REQUIRE(f.nyc.ask(schema::BaseAsked{"t"}, kLimit).ok());
  f.queue.redis().kill_9();
  const auto told = f.nyc.ask(schema::BaseAsked{"t"}, kLimit);
  REQUIRE_FALSE(told);
  CHECK(told.error().code == ErrorCode::kUnavailable);
  CHECK(told.error().message.find("Redis") != std::string::npos);
  f.queue.redis().restart();
  CHECK(tests::eventually([&] { return f.nyc.ask(schema::BaseAsked{"t"}, kLimit).ok(); }));
}

TEST_CASE("Nodes at two brokers of one Redis share with each other") {
  Fixture f;
  const auto other = f.queue.another("two");
  Peer peer = f.queue.peer("tokyo", Role::kNode);
  peer.endpoint = other->endpoint();
  Asker tokyo(peer);
  const auto start = must(tokyo.ask(schema::SharedAsked{"t", "", 10, 1000, 0, 0}, kLimit));
  CHECK(must(f.nyc.ask(schema::GiveAsked{"t", "afl", {input("x"), input("y")}}, kLimit)).accepted == 2);
  const auto told = must(tokyo.ask(schema::SharedAsked{"t", start.cursor, 10, 1000, 0, 0}, kLimit));
  REQUIRE(told.inputs.size() == 2);
  CHECK(told.inputs[0].bytes == "x");
  CHECK(told.inputs[1].bytes == "y");
}

TEST_CASE("A flood of questions is answered or told to come later, and events go on meanwhile") {
  tests::QueueServer queue;
  Link link(queue.peer("nyc", Role::kNode));
  REQUIRE(wait_up(link));
  constexpr std::uint64_t kFlood = 2000;
  const std::string body = schema::encode_body(schema::LacksAsked{"t", std::string(32 * 4096, 'h')});
  std::uint64_t sent = 0, ok = 0, busy = 0, heard = 0;
  const auto hear = [&] {
    Frames frames;
    while (link.receive(frames)) {
      const auto message = wire::decode_broker(view(frames[0]));
      REQUIRE(message);
      const auto* tell = std::get_if<wire::Tell>(&*message);
      REQUIRE(tell != nullptr);
      if (tell->mark != 0) heard = tell->mark;
      ok += tell->code == "ok" ? 1 : 0;
      busy += tell->code == "busy" ? 1 : 0;
    }
  };
  while (sent < kFlood) {
    Frames frames;
    frames.push_back(
        frame_of(wire::encode(wire::ClientMessage(wire::Ask{sent, "corpus.lacks", body, heard, {}}))));
    if (link.send(frames) == Sent::kYes) ++sent;
    hear();
  }
  auto publisher = queue.publisher();
  schema::Event event;
  event.node = "nyc", event.body = schema::Heartbeat{"start", "1", 0, {}, {}, {}};
  REQUIRE(publisher->publish(event));
  CHECK(publisher->drain(20s));
  REQUIRE(tests::eventually([&] {
    link.wait(20ms);
    hear();
    return ok + busy == kFlood;
  }));
  CHECK(ok >= 8);
  CHECK(busy > 0);
}

TEST_CASE("A node that asks for much and never hears it is told no more") {
  Fixture f;
  const auto start = must(f.london.ask(schema::SharedAsked{"t", "", 10, 1000, 0, 0}, kLimit));
  std::vector<schema::SharedInput> inputs;
  for (char c = 'a'; c < 'h'; ++c) inputs.push_back(input(std::string(1 << 20, c)));
  REQUIRE(must(f.nyc.ask(schema::GiveAsked{"t", "afl", inputs}, kLimit)).accepted == 7);

  Link link(f.queue.peer("london", Role::kNode));
  REQUIRE(wait_up(link));
  const std::string body = schema::encode_body(schema::SharedAsked{"t", start.cursor, 100, 8u << 20, 0, 0});
  std::uint64_t bytes = 0, mark = 0;
  std::string last;
  const auto ask = [&](std::uint64_t heard) {
    Frames frames;
    frames.push_back(
        frame_of(wire::encode(wire::ClientMessage(wire::Ask{1, "corpus.shared", body, heard, {}}))));
    REQUIRE(link.send(frames) == Sent::kYes);
    REQUIRE(tests::eventually([&] {
      link.wait(20ms);
      return link.receive(frames);
    }));
    const auto message = wire::decode_broker(view(frames[0]));
    REQUIRE(message);
    const auto tell = std::get<wire::Tell>(*message);
    bytes += tell.body.size();
    if (tell.mark != 0) mark = tell.mark;
    last = tell.reason.empty() ? std::string(tell.code) : std::string(tell.reason);
  };
  for (int i = 0; i < 20; ++i) ask(0);
  CHECK(last == "earlier answers were not heard yet");
  CHECK(bytes < 32u << 20);
  CHECK(f.nyc.ask(schema::BaseAsked{"t"}, kLimit).ok());
  ask(mark);
  CHECK(last == "ok");
}

}  // namespace fuzzmill::broker
