#include "workers/alert/stage.h"

#include <fstream>
#include <map>

#include "store/node_index.h"
#include "tests/catch.h"
#include "tests/redis_server.h"
#include "workers/alert/alert_log.h"
#include "workers/deliveries.h"

namespace fuzzmill::workers {
namespace {

using schema::OutcomeKind;
constexpr std::uint64_t kHour = 3'600'000;

std::string signature_of(int bug) { return schema::sha256_hex(letters(bug)); }

broker::Delivery classified(std::uint64_t number, int bug, std::uint64_t time_ms = kTestNow) {
  schema::CrashClassified body;
  body.kind = "assert", body.signature = signature_of(bug), body.group = body.signature.substr(0, 16);
  body.severity = "HIGH", body.title = "Assert in parse";
  broker::Delivery delivery;
  delivery.event = {schema::EventId::of(5, number), "nyc", "fuzz_tlv", time_ms, {}, std::move(body)};
  return delivery;
}

broker::Delivery raised(std::uint64_t number) {
  schema::AlertRaised body;
  body.alert = "group.new", body.subject = "0123456789abcdef", body.severity = "HIGH",
  body.title = "Assert in parse";
  broker::Delivery delivery;
  delivery.event = {schema::EventId::of(8, number), "nyc", "fuzz_tlv", kTestNow, {}, std::move(body)};
  return delivery;
}

// Answers as the test says and remembers what it was given.
struct Recorder : Sink {
  std::map<std::string, int>& given;
  schema::Outcome& answer;
  Recorder(std::map<std::string, int>& g, schema::Outcome& a) : given(g), answer(a) {}
  std::string_view name() const override { return "recorder"; }
  std::vector<schema::Outcome> deliver(const std::vector<Alert>& alerts) override {
    for (const Alert& alert : alerts) ++given[alert.event->id.hex()];
    return std::vector<schema::Outcome>(alerts.size(), answer);
  }
};

struct Fixture {
  tests::RedisServer server;
  store::Redis redis = server.connect();
  std::uint64_t time = kTestNow;
  std::map<std::string, int> first_given, second_given;
  schema::Outcome first_answer = schema::Outcome::done(), second_answer = schema::Outcome::done();
  AlertStage stage = make(2);

  AlertStage make(std::uint64_t budget) {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<Recorder>(first_given, first_answer));
    sinks.push_back(std::make_unique<Recorder>(second_given, second_answer));
    return {server.address(), [this] { return time; }, budget, std::move(sinks)};
  }

  void make_group(int bug, schema::Severity severity = schema::Severity::kHigh) {
    store::CrashIndex index(redis);
    store::CrashRecord record;
    record.event = schema::EventId::of(1, static_cast<std::uint64_t>(bug));
    record.signature = signature_of(bug), record.group = record.signature.substr(0, 16);
    record.kind = "assert", record.node = "nyc", record.target = "fuzz_tlv", record.time_ms = kTestNow;
    REQUIRE(index.record({record}, kTestNow).ok());
    store::Classification item;
    item.event = record.event, item.group = record.group, item.signature = record.signature;
    item.severity = severity, item.kind = "assert", item.reasons = "[]", item.time_ms = kTestNow;
    REQUIRE(index.classify({item}).ok());
  }

  // The alerts that one crash of a bug raises.
  std::vector<std::string> crash(std::uint64_t number, int bug) {
    Deliveries batch = {classified(number, bug, time)};
    const auto outcomes = stage.handle(batch);
    REQUIRE(outcomes[0].kind == OutcomeKind::kDone);
    std::vector<std::string> alerts;
    for (const auto& event : outcomes[0].outputs)
      alerts.push_back(std::get<schema::AlertRaised>(event.body).alert);
    return alerts;
  }
  schema::Outcome deliver(broker::Delivery delivery) {
    Deliveries batch = {std::move(delivery)};
    return stage.handle(batch)[0];
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("Crashes over the hour's budget raise one alert that says so, and their groups in the next hour") {
  Fixture f;
  for (int bug = 0; bug < 5; ++bug) f.make_group(bug);
  CHECK(f.crash(1, 0) == Names{"group.new"});
  CHECK(f.crash(2, 1) == Names{"group.new"});
  CHECK(f.crash(3, 2) == Names{"budget.spent"});
  CHECK(f.crash(4, 3).empty());
  CHECK(f.crash(5, 0).empty());
  f.time += kHour;
  CHECK(f.crash(6, 2) == Names{"group.new"});
  CHECK(f.crash(7, 3) == Names{"group.new"});
  CHECK(f.crash(8, 4) == Names{"budget.spent"});
}

TEST_CASE("An alert tells what, where, how often, and what changed") {
  Fixture f;
  f.make_group(1, schema::Severity::kMedium);
  Deliveries batch = {classified(1, 1)};
  auto outputs = f.stage.handle(batch)[0].outputs;
  REQUIRE(outputs.size() == 1);
  const auto& fresh = std::get<schema::AlertRaised>(outputs[0].body);
  CHECK(fresh.subject == signature_of(1).substr(0, 16));
  CHECK(fresh.severity == "MEDIUM");
  CHECK(fresh.title == "Assert in parse");
  CHECK(fresh.count == 1);
  CHECK(fresh.text.find("node nyc") != std::string::npos);
  CHECK(fresh.text.find("1 crash so far") != std::string::npos);

  store::Classification worse;
  worse.event = schema::EventId::of(2, 2), worse.signature = signature_of(1);
  worse.group = worse.signature.substr(0, 16), worse.severity = schema::Severity::kCritical;
  REQUIRE(store::CrashIndex(f.redis).classify({worse}).ok());
  Deliveries second = {classified(2, 1)};
  outputs = f.stage.handle(second)[0].outputs;
  REQUIRE(outputs.size() == 1);
  CHECK(std::get<schema::AlertRaised>(outputs[0].body).alert == "group.worse");
  CHECK(std::get<schema::AlertRaised>(outputs[0].body).text.find("it was MEDIUM") != std::string::npos);
}

TEST_CASE("A sink that had an alert does not get it again while another one still wants it") {
  Fixture f;
  f.second_answer = schema::Outcome::later("down", std::chrono::seconds(10));
  const auto waiting = f.deliver(raised(1));
  CHECK(waiting.kind == OutcomeKind::kLater);
  CHECK(waiting.delay == std::chrono::seconds(10));
  f.second_answer = schema::Outcome::done();
  CHECK(f.deliver(raised(1)).kind == OutcomeKind::kDone);
  CHECK(f.deliver(raised(1)).kind == OutcomeKind::kDone);
  CHECK(f.first_given[raised(1).event.id.hex()] == 1);
  CHECK(f.second_given[raised(1).event.id.hex()] == 2);
}

TEST_CASE("A sink that refuses an alert for good does not keep it from the others") {
  Fixture f;
  f.first_answer = schema::Outcome::never("gone");
  f.second_answer = schema::Outcome::later("down");
  CHECK(f.deliver(raised(1)).kind == OutcomeKind::kLater);
  f.second_answer = schema::Outcome::done();
  const auto last = f.deliver(raised(1));
  CHECK(last.kind == OutcomeKind::kNever);
  CHECK(last.reason == "gone");
  CHECK(f.second_given[raised(1).event.id.hex()] == 2);
}

TEST_CASE("Samples and heartbeats reach the node index") {
  Fixture f;
  schema::ResourceSample sample;
  sample.cpu_percent = 99.5, sample.states = "R";
  schema::Heartbeat heartbeat;
  heartbeat.reason = "start", heartbeat.version = "1.2";
  Deliveries batch(3);
  batch[0].event = {schema::EventId::of(1, 1), "nyc", "fuzz_tlv", kTestNow, {}, sample};
  batch[1].event = {schema::EventId::of(1, 2), "nyc", "", kTestNow, {}, heartbeat};
  batch[2].event = {schema::EventId::of(1, 3), "nyc", "no name", kTestNow, {}, sample};
  const auto outcomes = f.stage.handle(batch);
  CHECK(outcomes[0].kind == OutcomeKind::kDone);
  CHECK(outcomes[1].kind == OutcomeKind::kDone);
  CHECK(outcomes[2].kind == OutcomeKind::kNever);
  store::NodeIndex index(f.redis);
  const auto nodes = index.nodes(10);
  REQUIRE((nodes.ok() && nodes->size() == 1));
  CHECK((*nodes)[0].version == "1.2");
  const auto targets = index.targets("nyc");
  REQUIRE((targets.ok() && targets->size() == 1));
  CHECK((*targets)[0].sample.cpu_percent == 99.5);
}

TEST_CASE("The alert log gets a line an alert, and says later while it cannot be written") {
  tests::TemporaryFolder folder;
  const auto file = folder.path() / "sub/alerts.log";
  AlertLog log(file);
  const auto one = raised(1), two = raised(2);
  const auto failed = log.deliver({{&one.event, 2}});
  CHECK(failed[0].kind == OutcomeKind::kLater);
  CHECK(failed[0].delay == std::chrono::seconds(60));
  std::filesystem::create_directories(file.parent_path());
  CHECK(log.deliver({{&one.event, 1}, {&two.event, 1}})[1].kind == OutcomeKind::kDone);
  CHECK(log.deliver({{&one.event, 1}})[0].kind == OutcomeKind::kDone);
  std::ifstream in(file);
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines)
    CHECK(line.find("0123456789abcdef") != std::string::npos);
  CHECK(lines == 3);
}

TEST_CASE("Recent ids are forgotten oldest first") {
  RecentIds ids(2);
  const auto id = [](std::uint64_t n) { return schema::EventId::of(1, n); };
  ids.add(id(1)), ids.add(id(2)), ids.add(id(2)), ids.add(id(3));
  CHECK_FALSE(ids.has(id(1)));
  CHECK(ids.has(id(2)));
  CHECK(ids.has(id(3)));
}

}  // namespace fuzzmill::workers
