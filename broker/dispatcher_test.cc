#include "broker/dispatcher.h"

#include "tests/catch.h"

using namespace fuzzmill;
using broker::Dispatcher;
using broker::Work;
using broker::WorkerState;
using schema::Stage;
using schema::Topic;

namespace {

WorkerState worker(std::uint64_t credit, Stage stage = Stage::kAlert) {
  WorkerState state;
  state.stage = stage;
  state.credit = credit;
  return state;
}

Work work(const std::string& id, std::uint64_t attempt = 1) {
  store::LogEntry entry;
  entry.topic = Topic::kHeartbeat;
  entry.stage = Stage::kAlert;
  entry.id = id;
  entry.event = "event " + id;
  entry.attempt = attempt;
  return {entry, {}};
}

std::vector<std::string> ids(const std::vector<broker::Assignment>& assignments) {
  std::vector<std::string> ids;
  for (const auto& a : assignments) ids.push_back(a.work->entry.id);
  return ids;
}

}  // namespace

TEST_CASE("a worker never holds more than its credit") {
  Dispatcher d;
  d.hello("w", worker(2), 0);
  for (const char* id : {"1", "2", "3"}) d.ready(work(id));
  const auto first = d.assign(0);
  CHECK(ids(first) == std::vector<std::string>{"1", "2"});
  CHECK(d.assign(0).empty());
  REQUIRE(d.settle("w", first[0].tag));
  CHECK(ids(d.assign(0)) == std::vector<std::string>{"3"});
}

TEST_CASE("appetite is the credit that nothing is meant for yet") {
  Dispatcher d;
  CHECK(d.appetite(Stage::kAlert) == 0);
  d.hello("w", worker(4), 0);
  CHECK(d.appetite(Stage::kAlert) == 4);
  CHECK(d.appetite(Stage::kArchive) == 0);
  d.ready(work("1"));
  CHECK(d.appetite(Stage::kAlert) == 3);
  d.assign(0);
  CHECK(d.appetite(Stage::kAlert) == 3);
}

TEST_CASE("work is shared among the workers of a stage") {
  Dispatcher d;
  d.hello("a", worker(4), 0);
  d.hello("b", worker(4), 0);
  for (int i = 0; i < 4; ++i) d.ready(work(std::to_string(i)));
  std::map<std::string, int> share;
  for (const auto& a : d.assign(0)) ++share[a.peer];
  CHECK(share["a"] == 2);
  CHECK(share["b"] == 2);
}

TEST_CASE("what a dead worker held is claimed for another, once") {
  Dispatcher d;
  d.hello("a", worker(4), 0);
  d.ready(work("1"));
  const auto assigned = d.assign(0);
  CHECK(d.expire(1001, 1000, 100'000) == std::vector<std::string>{"a"});
  CHECK(d.take_claims(1001).empty());  // nobody to give it to
  d.hello("b", worker(4), 1001);
  const auto claims = d.take_claims(1001);
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].id == "1");
  CHECK(d.take_claims(1001).empty());
  CHECK_FALSE(d.settle("a", assigned[0].tag));  // the late answer of the dead is void
}

TEST_CASE("a worker that is heard of is not silent") {
  Dispatcher d;
  d.hello("a", worker(4), 0);
  CHECK(d.heard("a", 900));
  CHECK(d.expire(1500, 1000, 100'000).empty());
  CHECK_FALSE(d.heard("stranger", 900));
}

TEST_CASE("a delivery over its lease goes to another although its worker lives") {
  Dispatcher d;
  d.hello("a", worker(1), 0);
  d.ready(work("1"));
  d.assign(0);
  d.heard("a", 5000);
  CHECK(d.expire(5001, 10'000, 5000).empty());
  CHECK(d.take_claims(5001).size() == 1);
}

TEST_CASE("a retry waits until it is due") {
  Dispatcher d;
  d.hello("a", worker(4), 0);
  d.retry(work("late").entry, 500);
  d.retry(work("soon").entry, 100);
  CHECK(d.next_due() == 100);
  CHECK(d.take_claims(99).empty());
  const auto claims = d.take_claims(100);
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].id == "soon");
  CHECK(claims[0].event.empty());  // the log brings it again
  CHECK(d.next_due() == 500);
}

TEST_CASE("claims take up appetite until they are answered") {
  Dispatcher d;
  d.hello("a", worker(1), 0);
  d.orphan(work("1").entry);
  CHECK(d.take_claims(0).size() == 1);
  CHECK(d.appetite(Stage::kAlert) == 0);
  d.claimed(Stage::kAlert, 1);  // it was gone from the log
  CHECK(d.appetite(Stage::kAlert) == 1);
}

TEST_CASE("what could not be sent is assigned anew in its old place") {
  Dispatcher d;
  d.hello("a", worker(1), 0);
  d.ready(work("1"));
  d.ready(work("2"));
  const auto assigned = d.assign(0);
  d.unsent(assigned[0].tag);
  CHECK(ids(d.assign(0)) == std::vector<std::string>{"1"});
}

TEST_CASE("a worker that introduces itself again has let go of everything") {
  Dispatcher d;
  d.hello("a", worker(1), 0);
  d.ready(work("1"));
  d.assign(0);
  d.hello("a", worker(1), 10);
  CHECK(d.out() == 0);
  CHECK(d.take_claims(10).size() == 1);
}

TEST_CASE("everything held is known by its key, in every state") {
  Dispatcher d;
  d.hello("a", worker(1), 0);
  d.ready(work("out"));
  d.assign(0);
  d.ready(work("ready"));
  d.orphan(work("orphan").entry);
  d.retry(work("delayed").entry, 10);
  for (const char* id : {"out", "ready", "orphan", "delayed"}) {
    INFO(id);
    CHECK(d.known().contains(Dispatcher::key_of(work(id).entry)));
  }
  CHECK_FALSE(d.known().contains(Dispatcher::key_of(work("other").entry)));
}
