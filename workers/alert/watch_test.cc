// Stage alert as the fleet's watch: samples in, alerts out, and silence found by the clock.
#include <algorithm>
#include <map>

#include "schema/keys.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"
#include "workers/alert/stage.h"
#include "workers/deliveries.h"

namespace fuzzmill::workers {
namespace {

using std::chrono::milliseconds;
using tests::must;
using Names = std::vector<std::string>;

constexpr std::uint64_t kInterval = 30'000, kMinute = 60'000, kHour = 60 * kMinute;
constexpr milliseconds kLong = AlertStage::kSilentGrace;

struct Recorder : Sink {
  Names& told;
  std::map<std::string, int>& ids;
  bool& works;
  std::vector<std::size_t>& batches;
  Recorder(Names& t, std::map<std::string, int>& i, bool& w, std::vector<std::size_t>& b)
      : told(t), ids(i), works(w), batches(b) {}
  std::string_view name() const override { return "recorder"; }
  std::vector<schema::Outcome> deliver(const std::vector<Alert>& alerts) override {
    std::vector<schema::Outcome> outcomes;
    batches.push_back(alerts.size());
    for (const Alert& alert : alerts) {
      if (!works) {
        outcomes.push_back(schema::Outcome::later("down", std::chrono::seconds(10)));
        continue;
      }
      told.push_back(alert.body().alert + " " + alert.body().subject);
      ++ids[alert.event->id.hex()];
      outcomes.push_back(schema::Outcome::done());
    }
    return outcomes;
  }
};

struct Fleet {
  tests::RedisServer server;
  std::uint64_t time = kTestNow, number = 0;
  Names told;
  std::map<std::string, int> ids;
  bool sink_works = true;
  std::vector<std::size_t> batches;  // alerts that came together
  AlertLimits limits;
  std::uint64_t budget = 60;
  std::unique_ptr<AlertStage> stage = worker();

  std::unique_ptr<AlertStage> worker() {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<Recorder>(told, ids, sink_works, batches));
    return std::make_unique<AlertStage>(
        server.address(), [this] { return time; }, budget, std::move(sinks), limits);
  }

  broker::Delivery delivery(schema::Body body, const std::string& target, const std::string& node = "nyc") {
    broker::Delivery delivery;
    delivery.event = {schema::EventId::of(6, ++number), node, target, time, {}, std::move(body)};
    return delivery;
  }
  // The alerts that a delivery raises.
  Names take(const broker::Delivery& one) {
    Deliveries batch = {one};
    const auto outcomes = stage->handle(batch);
    REQUIRE(outcomes[0].kind == schema::OutcomeKind::kDone);
    Names names;
    for (const auto& event : outcomes[0].outputs)
      names.push_back(std::get<schema::AlertRaised>(event.body).alert);
    return names;
  }
  Names state(const std::string& word, const std::string& node = "nyc") {
    schema::ResourceSample body;
    body.interval_ms = kInterval, body.state = word, body.states = "R", body.rss_mb = 100;
    return take(delivery(body, "fuzz_tlv", node));
  }
  Names disk(double percent) {
    schema::ResourceSample body;
    body.interval_ms = kInterval, body.disk_percent = percent, body.disk_path = "/data";
    return take(delivery(body, ""));
  }
  Names heartbeat(const std::string& reason) {
    schema::Heartbeat body;
    body.reason = reason, body.version = "1";
    return take(delivery(body, ""));
  }
  // Time passes with a tick each five seconds.
  void pass(std::uint64_t ms) {
    for (std::uint64_t passed = 0; passed < ms; passed += 5'000) time += 5'000, stage->tick(kLong);
  }
};

}  // namespace

TEST_CASE("A state that alerts is raised once and recovers once") {
  Fleet f;
  CHECK(f.state("running").empty());
  f.time += kInterval;
  CHECK(f.state("stalled") == Names{"target.state"});
  for (int i = 0; i < 5; ++i) {
    f.time += kInterval;
    CHECK(f.state("stalled").empty());
  }
  f.time += kInterval;
  CHECK(f.state("dead") == Names{"target.state"});
  f.time += kInterval;
  CHECK(f.state("running") == Names{"target.state.recovered"});
  f.time += kInterval;
  CHECK(f.state("stopped").empty());
}

TEST_CASE("A delivery that comes twice raises the same events") {
  Fleet f;
  f.state("running");
  f.time += kInterval;
  schema::ResourceSample body;
  body.interval_ms = kInterval, body.state = "dead";
  Deliveries batch = {f.delivery(body, "fuzz_tlv")};
  const auto first = f.stage->handle(batch)[0].outputs;
  const auto again = f.worker()->handle(batch)[0].outputs;
  REQUIRE(first.size() == 1);
  REQUIRE(again.size() == 1);
  CHECK(first[0].id == again[0].id);
}

TEST_CASE("A full disk is told once, and over only well below the limit") {
  Fleet f;
  const auto next = [&](double percent) {
    f.time += kInterval;
    return f.disk(percent);
  };
  CHECK(next(79).empty());
  CHECK(next(81) == Names{"node.disk"});
  for (const double percent : {79.0, 81.0, 75.0, 80.5, 79.0}) CHECK(next(percent).empty());
  CHECK(next(70).empty());
  CHECK(next(70).empty());
  CHECK(next(70) == Names{"node.disk.recovered"});
}

TEST_CASE("A node that falls silent is told once, and so is that it is back") {
  Fleet f;
  for (int i = 0; i < 10; ++i) f.state("running"), f.pass(kInterval);
  CHECK(f.told.empty());
  f.pass(50'000);
  CHECK(f.told.empty());
  f.pass(15'000);
  CHECK(f.told == Names{"node.silent nyc"});
  f.pass(2 * kHour);
  CHECK(f.told.size() == 1);
  CHECK(f.state("running") == Names{"node.silent.recovered"});
}

TEST_CASE("A target that falls silent beside others is told by its name") {
  Fleet f;
  const auto other = [&] {
    schema::ResourceSample body;
    body.interval_ms = kInterval, body.state = "running";
    return f.take(f.delivery(body, "fuzz_other"));
  };
  f.state("running");
  for (int i = 0; i < 10; ++i) other(), f.pass(kInterval);
  CHECK(f.told == Names{"target.silent nyc/fuzz_tlv"});
  CHECK(f.state("running") == Names{"target.silent.recovered"});
}

TEST_CASE("A node that says that it stops is not silent") {
  Fleet f;
  f.heartbeat("start"), f.state("running");
  f.time += 1'000;
  f.heartbeat("stop");
  f.pass(kHour);
  CHECK(f.told.empty());
}

TEST_CASE("While no broker can be reached nobody is silent, nor soon after") {
  Fleet f;
  f.state("running");
  f.time += 10 * kHour;
  f.stage->tick(milliseconds(0));
  f.stage->tick(kLong - milliseconds(1));
  CHECK(f.told.empty());
  CHECK(f.state("running").empty());  // its spool has come
  f.stage->tick(kLong);
  CHECK(f.told.empty());
}

TEST_CASE("Silence is told by one of several workers, and survives the one that found it") {
  Fleet f;
  f.state("running");
  f.sink_works = false;
  f.pass(2 * kMinute);
  CHECK(f.told.empty());
  f.sink_works = true;
  auto second = f.worker(), third = f.worker();
  f.time += kMinute;
  second->tick(kLong), third->tick(kLong), f.stage->tick(kLong);
  CHECK(f.told == Names{"node.silent nyc"});
  CHECK(f.ids.size() == 1);
  f.time += kHour;
  second->tick(kLong), third->tick(kLong), f.stage->tick(kLong);
  CHECK(f.told.size() == 1);
}

TEST_CASE("When everything falls silent at once the budget bounds what is told") {
  Fleet f;
  f.budget = 3;
  f.stage = f.worker();
  for (int i = 0; i < 20; ++i) f.state("running", "node" + std::to_string(i));
  f.pass(10 * kMinute);
  CHECK(f.told.size() == 4);
  const auto of_budget = [](const std::string& alert) { return alert.substr(0, 12) == "budget.spent"; };
  CHECK(std::count_if(f.told.begin(), f.told.end(), of_budget) == 1);
  f.pass(kHour);
  CHECK(f.told.size() > 4);
}

TEST_CASE("Hours of a well node raises nothing") {
  Fleet f;
  for (int i = 0; i < 1'000; ++i) {
    f.time += kInterval;
    CHECK(f.state(i % 3 == 0 ? "running" : "stopped").empty());
    CHECK(f.disk(40 + i % 40 * 0.9).empty());
    f.stage->tick(kLong);
  }
  CHECK(f.told.empty());
  auto redis = f.server.connect();
  CHECK(must(redis.command({"ZCARD", schema::keys::outbox()})).integer == 0);
  CHECK(must(redis.command({"HLEN", schema::keys::watch("nyc")})).integer == 4);  // time and interval of two
}

TEST_CASE("An alert that no sink takes for a day is dropped, and one that is no event at once") {
  Fleet f;
  f.state("running");
  auto redis = f.server.connect();
  must(redis.command({"ZADD", schema::keys::outbox(), "1", "rubbish"}));
  f.sink_works = false;
  f.pass(2 * kMinute);
  CHECK(must(redis.command({"ZCARD", schema::keys::outbox()})).integer == 1);
  f.time += 25 * kHour;
  f.stage->tick(kLong);
  CHECK(must(redis.command({"ZCARD", schema::keys::outbox()})).integer == 0);
}

TEST_CASE("Alerts of the outbox are told together, a few each tick") {
  Fleet f;
  for (int i = 0; i < 12; ++i) f.state("running", "node" + std::to_string(i));
  f.sink_works = false;
  f.pass(2 * kMinute);
  CHECK(f.told.empty());
  f.sink_works = true;
  f.time += kMinute, f.batches.clear();
  for (int i = 0; i < 4; ++i) f.stage->tick(kLong);
  CHECK(f.batches == std::vector<std::size_t>{5, 5, 2});
  CHECK(f.told.size() == 12);
  CHECK(f.ids.size() == 12);
}

TEST_CASE("A Redis that is away is no end: the next tick tries again") {
  Fleet f;
  store::RedisAddress nowhere;
  nowhere.unix_path = "/nonexistent/redis.sock";
  AlertStage lost(nowhere, [&] { return f.time; }, 60, {});
  lost.tick(kLong);
  lost.tick(kLong);
  CHECK(lost.tick_interval() > milliseconds(0));
}

}  // namespace fuzzmill::workers
