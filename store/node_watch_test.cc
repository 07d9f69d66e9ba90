#include "store/node_watch.h"

#include <thread>

#include "schema/keys.h"
#include "store/node_index.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using tests::must;
using Kind = WatchChange::Kind;

constexpr std::uint64_t kNow = 1'750'000'000'000;
constexpr std::uint64_t kSecond = 1'000, kHour = 3'600 * kSecond;

// Samples come each 30 s of a clock of our own.
struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  NodeWatchLimits limits;
  std::uint64_t now = kNow;
  std::uint64_t number = 0;

  NodeWatch watch() { return {redis, limits}; }

  WatchRequest request(const std::string& target, std::vector<WatchCheck> checks) {
    WatchRequest request;
    request.event = schema::EventId::of(7, ++number);
    request.node = "nyc", request.target = target, request.time_ms = now;
    request.interval_ms = 30'000, request.checks = std::move(checks);
    return request;
  }
  void know(const std::string& target) {
    schema::ResourceSample body;
    const schema::Event event{schema::EventId::of(8, ++number), "nyc", target, now, {}, body};
    must(NodeIndex(redis).take({&event}, now));
  }
  std::vector<WatchChange> observe(const WatchRequest& request) {
    return must(watch().observe({request}, now)).front();
  }
  // One sample of fuzz_a with one check, 30 s after the last; a letter for what changed.
  std::string next(const std::string& word, std::uint64_t needed, bool undecided = false) {
    now += 30 * kSecond;
    std::string letters;
    for (const auto& change : observe(request("fuzz_a", {{"target.state", word, undecided, needed}}))) {
      letters += change.kind == Kind::kRaised ? "raised" : change.kind == Kind::kOver ? "over" : "budget";
      letters += "(" + change.told + ")";
    }
    return letters;
  }
  WatchRequest heartbeat(WatchRequest::Kind kind) {
    auto beat = request("", {});
    beat.kind = kind;
    return beat;
  }
};

}  // namespace

TEST_CASE("An alert is raised once after so many samples in a row, and is over after as many") {
  Fixture f;
  f.know("fuzz_a");
  CHECK(f.next("over", 3).empty());
  CHECK(f.next("over", 3).empty());
  CHECK(f.next("", 3).empty());  // not in a row
  CHECK(f.next("over", 3).empty());
  CHECK(f.next("over", 3).empty());
  CHECK(f.next("over", 3) == "raised()");
  for (int i = 0; i < 5; ++i) CHECK(f.next("over", 3).empty());
  CHECK(f.next("", 3).empty());
  CHECK(f.next("", 3, true).empty());  // between the limit and its margin
  CHECK(f.next("", 3).empty());
  CHECK(f.next("", 3).empty());
  CHECK(f.next("", 3) == "over(over)");
  CHECK(f.next("", 3).empty());
}

TEST_CASE("A word that changes is told, with what was told before") {
  Fixture f;
  f.know("fuzz_a");
  CHECK(f.next("slow", 1) == "raised()");
  CHECK(f.next("slow", 1).empty());
  CHECK(f.next("dead", 1) == "raised(slow)");
  CHECK(f.next("", 1) == "over(dead)");
}

TEST_CASE("A repeated delivery raises the same again, and an old sample changes nothing") {
  Fixture f;
  f.know("fuzz_a");
  f.now += kSecond;
  const auto first = f.request("fuzz_a", {{"target.state", "dead", false, 1}});
  CHECK(f.observe(first).size() == 1);
  f.now += kSecond;
  const auto second = f.request("fuzz_a", {{"target.state", "", false, 1}});
  CHECK(f.observe(second).size() == 1);
  const auto again = f.observe(first);
  REQUIRE(again.size() == 1);
  CHECK(again[0].kind == Kind::kRaised);
  CHECK(f.observe(second)[0].told == "dead");
  auto old = f.request("fuzz_a", {{"target.state", "dead", false, 1}});
  old.event = schema::EventId::of(7, 1), old.time_ms -= 10 * kSecond;
  CHECK(f.observe(old).empty());
  CHECK(f.next("dead", 1) == "raised()");
}

TEST_CASE("Several workers that see samples of one state at once raise it once") {
  Fixture f;
  f.know("fuzz_a");
  const auto sample = f.request("fuzz_a", {{"target.state", "dead", false, 1}});
  std::vector<std::size_t> raised(8);
  {
    std::vector<std::jthread> workers;
    for (std::size_t w = 0; w < raised.size(); ++w) {
      workers.emplace_back([&, w] {
        Redis redis = f.server.connect();
        auto mine = sample;
        mine.event = schema::EventId::of(9, w), mine.time_ms += w;
        const auto changes = NodeWatch(redis, f.limits).observe({mine}, f.now + w);
        raised[w] = changes ? changes->front().size() : 99;
      });
    }
  }
  std::size_t all = 0;
  for (const auto count : raised) all += count;
  CHECK(all == 1);
}

TEST_CASE("Over the budget one change says so, and what lasts is raised in the next hour") {
  Fixture f;
  f.limits.alerts_per_hour = 1;
  f.know("fuzz_a");
  CHECK(f.next("slow", 1) == "raised()");
  CHECK(f.next("dead", 1) == "budget(slow)");
  CHECK(f.next("dead", 1).empty());
  f.now += kHour;
  CHECK(f.next("dead", 1) == "raised(slow)");
  CHECK(f.next("", 1) == "over(dead)");  // good news cost nothing
}

TEST_CASE("A target that is not heard of for three and a half intervals is overdue, one worker at a time") {
  Fixture f;
  f.know("fuzz_a"), f.know("fuzz_b");
  f.observe(f.request("fuzz_a", {})), f.observe(f.request("fuzz_b", {}));
  f.now += 80 * kSecond;
  f.observe(f.request("fuzz_b", {}));
  CHECK(must(f.watch().overdue(f.now)).empty());
  f.now += 30 * kSecond;
  const auto late = must(f.watch().overdue(f.now));
  REQUIRE(late.size() == 1);
  CHECK(late[0].target == "fuzz_a");
  CHECK(late[0].deadline_ms == kNow + 105 * kSecond);
  CHECK(must(f.watch().overdue(f.now)).empty());
  f.now += 61 * kSecond;  // that worker died
  f.observe(f.request("fuzz_b", {}));
  CHECK(must(f.watch().overdue(f.now)).size() == 1);
}

TEST_CASE("The silence of a node is one alert, not one for each target, and its voice ends it") {
  Fixture f;
  f.know("fuzz_a"), f.know("fuzz_b");
  f.observe(f.request("fuzz_a", {})), f.observe(f.request("fuzz_b", {})), f.observe(f.request("", {}));
  f.now += kHour;
  const auto late = must(f.watch().overdue(f.now));
  REQUIRE(late.size() == 1);
  CHECK(late[0].target.empty());
  must(f.watch().raise_silent(late[0], "the alert", "the budget's", f.now));
  CHECK(must(f.watch().take_outbox(f.now)) == std::vector<std::string>{"the alert"});
  f.now += kHour;
  CHECK(must(f.watch().overdue(f.now)).empty());
  const auto open = must(NodeIndex(f.redis).nodes(1)).front().alerts;
  CHECK(open == std::vector<std::string>{"node.silent"});

  const auto heard =
      f.observe(f.request("fuzz_a", {{"target.silent", "", false, 1}, {"node.silent", "", false, 1}}));
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].check == 1);
  CHECK(heard[0].kind == Kind::kOver);
  CHECK(must(NodeIndex(f.redis).nodes(1)).front().alerts.empty());
}

TEST_CASE("A node that was heard of while it was called silent is not") {
  Fixture f;
  f.know("fuzz_a");
  f.observe(f.request("fuzz_a", {}));
  f.now += kHour;
  const auto late = must(f.watch().overdue(f.now));
  REQUIRE(late.size() == 1);
  f.observe(f.request("fuzz_a", {}));
  must(f.watch().raise_silent(late[0], "the alert", "the budget's", f.now));
  CHECK(must(f.watch().take_outbox(f.now)).empty());
}

TEST_CASE("A node that stops is not missed, and what it sent before comes too late to matter") {
  Fixture f;
  f.know("fuzz_a");
  f.observe(f.request("fuzz_a", {}));
  const auto late = f.request("fuzz_a", {});
  f.now += kSecond;
  f.observe(f.heartbeat(WatchRequest::Kind::kStop));
  f.observe(late);
  f.now += kHour;
  CHECK(must(f.watch().overdue(f.now)).empty());
  f.observe(f.request("fuzz_a", {}));  // it runs again
  f.now += kHour;
  CHECK(must(f.watch().overdue(f.now)).size() == 1);
}

TEST_CASE("A node whose clock is set back is heard, and what comes again is not") {
  Fixture f;
  f.know("fuzz_a");
  const auto sample = [&](const std::string& word) {
    return f.request("fuzz_a", {{"target.state", word, false, 1}});
  };
  const auto dead = sample("dead");
  CHECK(f.observe(dead).size() == 1);
  auto running = sample("");
  running.time_ms = f.now - 2 * kHour;
  auto again = dead;
  again.checks[0].word = "killed";  // not as it was, so that it would be seen
  again.event = schema::EventId::of(7, 1);
  SECTION("in one run") { CHECK(f.observe(running).at(0).kind == Kind::kOver); }
  SECTION("in another run") {
    running.event = schema::EventId::of(3, 1);
    CHECK(f.observe(running).at(0).kind == Kind::kOver);
    again.event = schema::EventId::of(3, 0);
  }
  SECTION("in another run, which said that it starts") {
    auto start = f.heartbeat(WatchRequest::Kind::kStart);
    start.time_ms = f.now - kSecond;
    f.observe(start);
    running.event = schema::EventId::of(3, 1), running.time_ms = f.now - kSecond;
    CHECK(f.observe(running).at(0).kind == Kind::kOver);
    f.observe(start);  // delivered twice
    again.event = schema::EventId::of(3, 0);
  }
  CHECK(f.observe(again).empty());
}

TEST_CASE("A sample of another run that is a little older is what comes too late") {
  Fixture f;
  f.know("fuzz_a");
  CHECK(f.observe(f.request("fuzz_a", {{"target.state", "", false, 1}})).empty());
  auto late = f.request("fuzz_a", {{"target.state", "dead", false, 1}});
  late.event = schema::EventId::of(3, 9), late.time_ms = f.now - 60 * kSecond;
  CHECK(f.observe(late).empty());
}

TEST_CASE("A node that starts again with its clock set back is watched; the start before its stop is none") {
  Fixture f;
  f.know("fuzz_a");
  const auto start = f.heartbeat(WatchRequest::Kind::kStart);
  f.observe(start);
  f.now += kHour;
  f.observe(f.request("fuzz_a", {}));
  f.observe(f.heartbeat(WatchRequest::Kind::kStop));
  f.observe(start);  // delivered twice
  auto sample = f.request("fuzz_a", {});
  sample.time_ms = f.now - 2 * kHour;
  f.observe(sample);
  CHECK(must(f.watch().overdue(f.now + kHour)).empty());
  auto again = f.heartbeat(WatchRequest::Kind::kStart);
  again.time_ms = f.now - 2 * kHour;
  f.observe(again);
  f.observe(sample);
  CHECK(must(f.watch().overdue(f.now + kHour)).size() == 1);
}

TEST_CASE("A target that an agent does not name after its start is not missed") {
  Fixture f;
  f.know("fuzz_a"), f.know("fuzz_b");
  f.observe(f.request("fuzz_a", {})), f.observe(f.request("fuzz_b", {}));
  f.now += kSecond;
  f.observe(f.heartbeat(WatchRequest::Kind::kStart));
  f.observe(f.request("fuzz_a", {}));
  for (int i = 0; i < 10; ++i) f.now += 30 * kSecond, f.observe(f.request("fuzz_a", {}));
  CHECK(must(f.watch().overdue(f.now)).empty());
}

TEST_CASE("Who sends heartbeats alone is not watched") {
  Fixture f;
  f.observe(f.heartbeat(WatchRequest::Kind::kStart));
  f.observe(f.heartbeat(WatchRequest::Kind::kHour));
  f.now += kHour;
  CHECK(must(f.watch().overdue(f.now)).empty());
}

TEST_CASE("A short first sample does not shorten the patience") {
  Fixture f;
  f.know("fuzz_a");
  auto slow = f.request("fuzz_a", {});
  slow.interval_ms = 600'000;
  f.observe(slow);
  f.now += kSecond;
  auto cut = f.request("fuzz_a", {});
  cut.interval_ms = 100;
  f.observe(cut);
  f.now += 1'200 * kSecond;
  CHECK(must(f.watch().overdue(f.now)).empty());
}

TEST_CASE("The outbox keeps an alert until it is told, and asks one worker at a time") {
  Fixture f;
  f.know("fuzz_a");
  f.observe(f.request("fuzz_a", {}));
  f.now += kHour;
  must(f.watch().raise_silent(must(f.watch().overdue(f.now)).at(0), std::string("a\0b", 3), "b", f.now));
  const auto taken = must(f.watch().take_outbox(f.now));
  REQUIRE(taken == std::vector<std::string>{std::string("a\0b", 3)});
  CHECK(must(f.watch().take_outbox(f.now)).empty());
  must(f.watch().later(taken[0], f.now + 10 * kSecond));
  CHECK(must(f.watch().take_outbox(f.now)).empty());
  CHECK(must(f.watch().take_outbox(f.now + 10 * kSecond)) == taken);
  must(f.watch().told(taken[0]));
  must(f.watch().later(taken[0], f.now));  // told by another meanwhile
  CHECK(must(f.watch().take_outbox(f.now + kHour)).empty());
}

TEST_CASE("Silence over the budget is told when there is budget again") {
  Fixture f;
  f.limits.alerts_per_hour = 0;
  f.know("fuzz_a");
  f.observe(f.request("fuzz_a", {}));
  f.now += kHour;
  must(f.watch().raise_silent(must(f.watch().overdue(f.now)).at(0), "the alert", "the budget's", f.now));
  CHECK(must(f.watch().take_outbox(f.now)) == std::vector<std::string>{"the budget's"});
  must(f.watch().told("the budget's"));
  f.limits.alerts_per_hour = 1;
  f.now += kHour;
  must(f.watch().raise_silent(must(f.watch().overdue(f.now)).at(0), "the alert", "the budget's", f.now));
  CHECK(must(f.watch().take_outbox(f.now)) == std::vector<std::string>{"the alert"});
}

TEST_CASE("Targets that the index does not keep are not watched, and hostile names are refused") {
  Fixture f;
  CHECK(f.observe(f.request("unknown", {{"target.state", "dead", false, 1}})).empty());
  CHECK(must(f.redis.command({"EXISTS", schema::keys::watch("nyc")})).integer == 0);
  auto bad = f.request("fuzz_a", {});
  SECTION("node") { bad.node = "a/b"; }
  SECTION("target") { bad.target = "a|b"; }
  SECTION("word") { bad.checks = {{"target.state", "a;b,c", false, 1}}; }
  SECTION("alert") { bad.checks = {{"a|b", "dead", false, 1}}; }
  CHECK(f.watch().observe({bad}, f.now).error().code == schema::ErrorCode::kInvalid);
}

}  // namespace fuzzmill::store
