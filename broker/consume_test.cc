// The consuming half of the protocol against a real broker and a real Redis.
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "broker/consumer.h"
#include "schema/keys.h"
#include "store/event_log.h"
#include "store/hold.h"
#include "tests/catch.h"
#include "tests/queue_server.h"
#include "tests/sample_events.h"

using namespace fuzzmill;
using namespace fuzzmill::broker;
using schema::Outcome;
using schema::Stage;
using schema::Topic;
namespace keys = schema::keys;

namespace {

using tests::crash_event;

schema::Event fingerprinted(const schema::Event& from) {
  schema::Event event = from;
  event.id = schema::EventId::derived(from.id, Stage::kFingerprint, 0);
  event.body = schema::CrashFingerprinted{};
  return event;
}

// A worker on a thread of its own that notes what it was handed.
class Worker {
 public:
  using Judge = std::function<Outcome(const Delivery&)>;
  Worker(Peer peer, Stage stage, Judge judge, std::vector<std::string> wants = {}, std::size_t credit = 16)
      : consumer_({std::move(peer), stage, credit, std::move(wants)}),
        judge_(std::move(judge)),
        thread_([this](std::stop_token stop) {
          status_ = consumer_.run([this](auto& d) { return handle(d); }, stop);
        }) {}

  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return seen_.size();
  }
  std::size_t distinct() {
    const std::lock_guard lock(mutex_);
    std::map<std::string, int> ids;
    for (const auto& delivery : seen_) ++ids[delivery.event.id.hex()];
    return ids.size();
  }
  std::vector<Delivery> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  bool connected() const { return consumer_.connected(); }
  schema::Status status() {
    thread_.join();
    return status_;
  }

 private:
  std::vector<Outcome> handle(std::vector<Delivery>& deliveries) {
    std::vector<Outcome> outcomes;
    for (Delivery& delivery : deliveries) {
      outcomes.push_back(judge_(delivery));
      const std::lock_guard lock(mutex_);
      seen_.push_back(delivery);
    }
    return outcomes;
  }

  Consumer consumer_;
  Judge judge_;
  std::mutex mutex_;
  std::vector<Delivery> seen_;
  schema::Status status_;
  std::jthread thread_;
};

Outcome done(const Delivery&) { return Outcome::done(); }

std::int64_t length(tests::QueueServer& queue, const std::string& key) {
  auto redis = queue.redis().connect();
  return redis.command({"XLEN", key})->integer;
}

std::uint64_t in_flight(tests::QueueServer& queue, Stage stage) {
  auto redis = queue.redis().connect();
  std::uint64_t count = 0;
  const auto states = store::stage_states(redis);
  REQUIRE(states);
  for (const auto& state : *states) {
    if (state.stage == stage) count += state.in_flight + state.waiting;
  }
  return count;
}

}  // namespace

TEST_CASE("every event goes to one worker of its stage, and the log is empty when all are done") {
  tests::QueueServer queue;
  Worker a(queue.operator_peer(), Stage::kFingerprint, done);
  Worker b(queue.operator_peer(), Stage::kFingerprint, done);
  REQUIRE(tests::eventually([&] { return a.connected() && b.connected(); }));
  auto publisher = queue.publisher();
  for (int i = 0; i < 400; ++i) REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return a.count() + b.count() == 400; }));
  CHECK(a.count() > 0);
  CHECK(b.count() > 0);
  REQUIRE(tests::eventually([&] { return length(queue, keys::stream(Topic::kCrashFound)) == 0; }));
  CHECK(in_flight(queue, Stage::kFingerprint) == 0);
}

TEST_CASE("attachments come along, small from Redis and large from the hold, those wanted and no others") {
  tests::QueueServer queue;
  const std::string large(store::kLargeAttachment * 3, 'L');
  Worker worker(queue.operator_peer(), Stage::kFingerprint, done, {"input", "report"});
  auto publisher = queue.publisher();
  REQUIRE(publisher->publish(crash_event(), {{"input", large}, {"report", "small"}, {"other", "unwanted"}}));
  REQUIRE(tests::eventually([&] { return worker.count() == 1; }));
  const auto seen = worker.seen();
  REQUIRE(seen[0].attachment("input"));
  CHECK(*seen[0].attachment("input") == large);
  REQUIRE(seen[0].attachment("report"));
  CHECK(*seen[0].attachment("report") == "small");
  CHECK(seen[0].attachment("other") == nullptr);
}

TEST_CASE("the outputs of a stage enter the log with the end of its input, attachments and all") {
  tests::QueueServer queue;
  const std::string large(store::kLargeAttachment + 1, 'L');
  Worker first(queue.operator_peer(), Stage::kFingerprint,
               [](const Delivery& d) { return Outcome::done({fingerprinted(d.event)}); });
  Worker second(queue.operator_peer(), Stage::kClassify, done, {"*"});
  auto publisher = queue.publisher();
  for (int i = 0; i < 20; ++i)
    REQUIRE(publisher->publish(crash_event(), {{"input", large}, {"report", "r"}}));
  REQUIRE(tests::eventually([&] { return second.distinct() == 20; }));
  CHECK(second.count() == 20);
  const auto seen = second.seen();
  REQUIRE(seen[7].attachment("input"));
  CHECK(*seen[7].attachment("input") == large);
  CHECK(*seen[7].attachment("report") == "r");
}

TEST_CASE("later brings an event again as its next attempt, and too many make it a dead letter") {
  tests::QueueServer queue([](ServerOptions& options) { options.max_attempts = 3; });
  Worker worker(queue.operator_peer(), Stage::kFingerprint,
                [](const Delivery&) { return Outcome::later("webhook is away"); });
  auto publisher = queue.publisher();
  REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return length(queue, keys::dead(Topic::kCrashFound)) == 1; }));
  const auto seen = worker.seen();
  REQUIRE(seen.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(seen[i].attempt == i + 1);
  auto redis = queue.redis().connect();
  const auto letters = store::dead_letters(redis, 10);
  REQUIRE(letters);
  CHECK((*letters)[0].reason == "gave up after 3 attempts: webhook is away");
  CHECK((*letters)[0].attempts == 3);
  CHECK(in_flight(queue, Stage::kFingerprint) == 0);
}

TEST_CASE("never makes a dead letter at once; requeued it comes again, dropped it is gone") {
  tests::QueueServer queue;
  std::atomic<bool> mended{false};
  Worker worker(queue.operator_peer(), Stage::kFingerprint, [&](const Delivery&) {
    return mended.load() ? Outcome::done() : Outcome::never("no report in it");
  });
  auto publisher = queue.publisher();
  REQUIRE(publisher->publish(crash_event()));
  REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return length(queue, keys::dead(Topic::kCrashFound)) == 2; }));
  auto redis = queue.redis().connect();
  auto letters = store::dead_letters(redis, 10);
  REQUIRE(letters);
  CHECK((*letters)[0].reason == "no report in it");
  CHECK((*letters)[0].stage == Stage::kFingerprint);
  mended.store(true);
  REQUIRE(store::requeue(redis, (*letters)[0]));
  REQUIRE(store::drop(redis, (*letters)[1]));
  CHECK_FALSE(store::drop(redis, (*letters)[1]));
  REQUIRE(tests::eventually([&] { return worker.count() == 3; }));
  CHECK(length(queue, keys::dead(Topic::kCrashFound)) == 0);
}

TEST_CASE("an output that its stage may not make turns its input into a dead letter") {
  tests::QueueServer queue;
  Worker worker(queue.operator_peer(), Stage::kFingerprint,
                [](const Delivery&) { return Outcome::done({crash_event()}); });
  auto publisher = queue.publisher();
  REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return length(queue, keys::dead(Topic::kCrashFound)) == 1; }));
}

TEST_CASE("a handler that throws loses nothing") {
  tests::QueueServer queue;
  std::atomic<int> calls{0};
  Worker worker(queue.operator_peer(), Stage::kFingerprint, [&](const Delivery&) -> Outcome {
    if (calls++ == 0) throw std::runtime_error("boom");
    return Outcome::done();
  });
  auto publisher = queue.publisher();
  REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return worker.count() == 1; }));
  CHECK(worker.seen()[0].attempt == 2);
}

TEST_CASE("what a worker held when it left is delivered to another") {
  tests::QueueServer queue;
  std::mutex gate;
  gate.lock();
  auto stuck = std::make_unique<Worker>(queue.operator_peer(), Stage::kFingerprint, [&](const Delivery&) {
    const std::lock_guard wait(gate);
    return Outcome::done();
  });
  auto publisher = queue.publisher();
  for (int i = 0; i < 10; ++i) REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 10; }));
  // The broker restarts: its successor knows nothing of the worker, only what is pending in Redis.
  queue.stop();
  queue.start();
  Worker other(queue.operator_peer(), Stage::kFingerprint, done);
  REQUIRE(tests::eventually([&] { return other.distinct() > 0; }));
  gate.unlock();
  stuck.reset();
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 0; }));
}

TEST_CASE("a broker takes over what a dead broker held") {
  tests::QueueServer queue;
  auto publisher = queue.publisher();
  for (int i = 0; i < 50; ++i) REQUIRE(publisher->publish(crash_event()));
  REQUIRE(publisher->drain(std::chrono::seconds(30)));
  {
    // A broker of another name read them and died.
    auto redis = queue.redis().connect();
    REQUIRE(redis.command({"XREADGROUP", "GROUP", "fingerprint", "ghost", "COUNT", "50", "STREAMS",
                           keys::stream(Topic::kCrashFound), ">"}));
  }
  Worker worker(queue.operator_peer(), Stage::kFingerprint, done);
  REQUIRE(tests::eventually([&] { return worker.distinct() == 50; }));
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 0; }));
}

TEST_CASE("a broker takes over what a dead broker had on loan") {
  tests::QueueServer queue;
  auto publisher = queue.publisher();
  for (int i = 0; i < 50; ++i) REQUIRE(publisher->publish(crash_event()));
  REQUIRE(publisher->drain(std::chrono::seconds(30)));
  {
    // A broker of another name handed them out of its memory and died.
    auto redis = queue.redis().connect();
    const std::string stream = keys::stream(Topic::kCrashFound);
    const auto all = redis.command({"XRANGE", stream, "-", "+"});
    REQUIRE(all);
    REQUIRE(all->items.size() == 50);
    const std::string first = all->items.front().items[0].text, last = all->items.back().items[0].text;
    REQUIRE(redis.command({"XGROUP", "SETID", stream, "fingerprint", last}));
    REQUIRE(redis.command({"HSET", keys::loans(Topic::kCrashFound), keys::loan(Stage::kFingerprint, "ghost"),
                           first + ".." + last + ":50"}));
  }
  CHECK(in_flight(queue, Stage::kFingerprint) == 50);
  Worker worker(queue.operator_peer(), Stage::kFingerprint, done);
  REQUIRE(tests::eventually([&] { return worker.distinct() == 50; }));
  CHECK(worker.seen()[0].attempt == 2);
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 0; }));
}

TEST_CASE("what is handed out of memory is on loan in Redis until it is done") {
  tests::QueueServer queue;
  std::mutex gate;
  std::unique_lock closed(gate);
  Worker worker(queue.operator_peer(), Stage::kFingerprint, [&](const Delivery&) {
    const std::lock_guard wait(gate);
    return Outcome::done();
  });
  REQUIRE(tests::eventually([&] { return worker.connected(); }));
  auto publisher = queue.publisher();
  auto redis = queue.redis().connect();
  const auto on_loan = [&] {
    const auto spans = redis.command({"HVALS", keys::loans(Topic::kCrashFound)});
    return spans && !spans->items.empty();
  };
  // The first ones may be read from Redis: the broker learns by them where the group stands.
  REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 1; }));
  for (int i = 0; i < 10; ++i) REQUIRE(publisher->publish(crash_event()));
  REQUIRE(tests::eventually(on_loan));
  CHECK(worker.count() == 0);
  closed.unlock();
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 0; }));
  CHECK_FALSE(on_loan());
  CHECK(worker.count() == 11);
  CHECK(worker.distinct() == 11);
}

TEST_CASE("two brokers serve one log: each event is worked on once") {
  tests::QueueServer queue;
  auto second = queue.another("two");
  Peer other = queue.operator_peer();
  other.endpoint = second->endpoint();
  Worker a(queue.operator_peer(), Stage::kFingerprint, done);
  Worker b(other, Stage::kFingerprint, done);
  auto publisher = queue.publisher();
  for (int i = 0; i < 200; ++i) REQUIRE(publisher->publish(crash_event()));
  // On a machine so slow that a worker seems silent an event may come twice, but all come.
  REQUIRE(tests::eventually([&] { return a.distinct() + b.distinct() >= 200; }));
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kFingerprint) == 0; }));
}

TEST_CASE("work goes on after Redis was killed and came back") {
  tests::QueueServer queue;
  Worker worker(queue.operator_peer(), Stage::kFingerprint,
                [](const Delivery& d) { return Outcome::done({fingerprinted(d.event)}); });
  Worker next(queue.operator_peer(), Stage::kClassify, done);
  auto publisher = queue.publisher();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) REQUIRE(publisher->publish(crash_event(), {{"report", "r"}}));
    REQUIRE(tests::eventually([&] { return next.distinct() > static_cast<std::size_t>(round) * 100; }));
    queue.redis().kill_9();
    queue.redis().restart();
  }
  REQUIRE(tests::eventually([&] { return next.distinct() == 300; }));
  REQUIRE(tests::eventually([&] { return in_flight(queue, Stage::kClassify) == 0; }));
}

TEST_CASE("a key that may not work as a stage is told so and stops") {
  tests::QueueServer queue;
  Worker worker(queue.peer("nyc", Role::kNode), Stage::kAlert, done);
  const auto status = worker.status();
  REQUIRE_FALSE(status);
  CHECK(status.error().code == schema::ErrorCode::kDenied);
  CHECK(status.error().message.find("node:nyc") != std::string::npos);
}
