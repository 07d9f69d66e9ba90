// Handing out of memory, against a real Redis.
#include "schema/keys.h"
#include "store/event_log.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using tests::must;

using schema::Stage;
using schema::Topic;
namespace keys = schema::keys;

constexpr Topic kTopic = Topic::kCrashFound;
constexpr Stage kStage = Stage::kFingerprint;

struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  EventLog log = another("one");

  EventLog another(const std::string& broker) { return must(EventLog::open(server.connect(), broker)); }

  // As a broker has them in its memory.
  std::vector<Appended> append(EventLog& to, int count) {
    LogTransaction t;
    for (int i = 0; i < count; ++i) t.appends.push_back({kTopic, "event", 0, {}});
    const auto committed = must(to.commit(t));
    REQUIRE(committed.before[static_cast<std::size_t>(kTopic)]);
    std::vector<Appended> entries;
    for (const EntryId& id : committed.ids) entries.push_back({id, std::string("event"), 0});
    return entries;
  }
  Committed lend(EventLog& from, std::vector<Appended> entries) {
    LogTransaction t;
    t.lends.push_back({kTopic, kStage, std::move(entries)});
    return must(from.commit(t));
  }
  Committed read(EventLog& from, std::size_t count) {
    LogTransaction t;
    t.reads.push_back({kStage, count});
    return must(from.commit(t));
  }
  void finish(EventLog& at, const LogEntry& entry) {
    LogTransaction t;
    t.finished.push_back({entry.topic, entry.stage, entry.id});
    must(at.commit(t));
  }
  std::string loans(const std::string& broker = "one") {
    return must(redis.command({"HGET", keys::loans(kTopic), keys::loan(kStage, broker)})).text;
  }
  std::int64_t pending() {
    return must(redis.command({"XPENDING", keys::stream(kTopic), name(kStage)})).items[0].integer;
  }
  std::string lag() {
    const auto groups = must(redis.command({"XINFO", "GROUPS", keys::stream(kTopic)}));
    for (std::size_t i = 0; i + 1 < groups.items[0].items.size(); i += 2) {
      if (groups.items[0].items[i].text == "lag") return std::to_string(groups.items[0].items[i + 1].integer);
    }
    return "none";
  }
  StageState state() {
    for (const StageState& state : must(stage_states(redis))) {
      if (state.topic == kTopic && state.stage == kStage) return state;
    }
    FAIL("no such stage");
    return {};
  }
};

std::vector<Appended> some(const std::vector<Appended>& of, std::size_t from, std::size_t to) {
  return {of.begin() + static_cast<std::ptrdiff_t>(from), of.begin() + static_cast<std::ptrdiff_t>(to)};
}

}  // namespace

TEST_CASE("what is lent is handed out: Redis has its span, and counts it as every tool does") {
  Fixture f;
  const auto all = f.append(f.log, 6);
  const auto lent = f.lend(f.log, some(all, 0, 4));
  REQUIRE(lent.entries.size() == 4);
  CHECK(lent.entries[0].id == all[0].id.text());
  CHECK(std::string_view(lent.entries[0].event) == "event");
  CHECK(f.loans() == all[0].id.text() + ".." + all[3].id.text() + ":4");
  CHECK(f.pending() == 0);
  CHECK(f.state().in_flight == 4);
  CHECK(f.state().waiting == 2);
  CHECK(f.state().oldest == all[0].id.text());
  CHECK(f.lag() == "2");

  f.finish(f.log, lent.entries[1]);
  CHECK(f.state().in_flight == 3);
  CHECK(f.read(f.log, 10).entries.size() == 2);  // the rest, and only the rest
  CHECK(f.pending() == 2);
  for (const std::size_t i : {0, 2, 3}) f.finish(f.log, lent.entries[i]);
  CHECK(f.loans().empty());
  CHECK(f.state().oldest == all[4].id.text());
}

TEST_CASE("nothing is lent when another broker moved the cursor, and nothing is left out") {
  Fixture f;
  EventLog other = f.another("two");
  const auto all = f.append(f.log, 6);
  REQUIRE(f.read(other, 2).entries.size() == 2);
  const auto refused = f.lend(f.log, some(all, 0, 4));
  CHECK(refused.entries.empty());
  CHECK(refused.moved[static_cast<std::size_t>(kStage)]);
  CHECK(f.loans().empty());
  CHECK(f.log.cursor(kTopic, kStage) == all[1].id);
  CHECK(f.lend(f.log, some(all, 2, 6)).entries.size() == 4);
  CHECK(f.read(other, 10).entries.empty());
}

TEST_CASE("a refused loan is seen as such when the cursor has come to stand at its end") {
  Fixture f;
  EventLog other = f.another("two");
  const auto all = f.append(f.log, 3);
  REQUIRE(f.read(other, 3).entries.size() == 3);
  const auto refused = f.lend(f.log, all);
  CHECK(refused.entries.empty());
  CHECK(refused.moved[static_cast<std::size_t>(kStage)]);
}

TEST_CASE("what a dead broker had on loan becomes pending for its heir, once delivered") {
  Fixture f;
  const auto all = f.append(f.log, 250);
  const auto lent = f.lend(f.log, all);
  f.finish(f.log, lent.entries[100]);
  EventLog heir = f.another("two");
  CHECK(must(heir.borrowers(kTopic, kStage)) == std::vector<std::string>{"one"});
  CHECK(must(heir.borrowers(Topic::kHeartbeat, Stage::kAlert)).empty());
  const auto taken = must(heir.take_back(kTopic, kStage, "one"));
  CHECK(taken.size() == 249);
  CHECK(must(heir.borrowers(kTopic, kStage)).empty());
  CHECK(f.pending() == 249);
  CHECK(must(heir.take_back(kTopic, kStage, "one")).empty());
  const auto claimed = must(heir.claim({taken[0]}));
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].attempt == 2);
  CHECK(std::string_view(claimed[0].event) == "event");
  f.finish(heir, claimed[0]);
  CHECK(f.pending() == 248);
}

TEST_CASE("what is due for another delivery leaves the loans and can be claimed") {
  Fixture f;
  const auto all = f.append(f.log, 5);
  const auto lent = f.lend(f.log, all);
  LogTransaction t;
  t.due.push_back(&lent.entries[2]);
  must(f.log.commit(t));
  CHECK(f.pending() == 1);
  CHECK(f.state().in_flight == 5);
  const auto claimed = must(f.log.claim({lent.entries[2]}));
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].attempt == 2);
  f.finish(f.log, claimed[0]);
  CHECK(f.pending() == 0);
  CHECK(f.state().in_flight == 4);
}

TEST_CASE("loans in too many pieces become pending entries, and none is lost of them") {
  Fixture f;
  const auto lent = f.lend(f.log, f.append(f.log, 200));
  LogTransaction t;
  for (std::size_t i = 0; i < 200; i += 2) {
    t.finished.push_back({kTopic, kStage, lent.entries[i].id});
  }
  must(f.log.commit(t));
  CHECK(parse_loans(f.loans()).size() == 32);
  CHECK(f.pending() == 68);
  CHECK(f.state().in_flight == 100);
  for (std::size_t i = 1; i < 200; i += 2) f.finish(f.log, lent.entries[i]);
  CHECK(f.state().in_flight == 0);
  CHECK(must(f.log.trim(kTopic)) == 0);
}

TEST_CASE("trimming stops at what is on loan, also of a broker that is gone") {
  Fixture f;
  const auto lent = f.lend(f.log, f.append(f.log, 10));
  for (const std::size_t i : {0, 1, 2, 5, 6}) f.finish(f.log, lent.entries[i]);
  CHECK(must(f.log.trim(kTopic)) == 7);
  EventLog other = f.another("two");
  f.append(other, 1);
  CHECK(f.read(other, 10).entries.size() == 1);
  CHECK(must(other.trim(kTopic)) == 8);
  REQUIRE(must(other.take_back(kTopic, kStage, "one")).size() == 5);
  CHECK(must(other.trim(kTopic)) == 8);
}

TEST_CASE("an append may trim with it what is finished") {
  Fixture f;
  const std::string large(9000, 'x');  // two to a node
  LogTransaction t;
  for (int i = 0; i < 20; ++i) t.appends.push_back({kTopic, large, 0, {}});
  const auto first = must(f.log.commit(t));
  t.appends.assign(1, {kTopic, large, 0, first.ids[10]});
  must(f.log.commit(t));
  const auto left = must(f.redis.command({"XRANGE", keys::stream(kTopic), "-", "+"}));
  CHECK(left.items.size() < 21);
  CHECK(left.items.size() >= 11);
}

TEST_CASE("when Redis has no memory left, nothing is lent and nothing is lost") {
  Fixture f;
  const auto all = f.append(f.log, 5);
  const auto lent = f.lend(f.log, some(all, 0, 3));
  must(f.redis.command({"CONFIG", "SET", "maxmemory", "1"}));
  LogTransaction more;
  more.lends.push_back({kTopic, kStage, some(all, 3, 5)});
  CHECK_FALSE(f.log.commit(more));
  CHECK(f.state().in_flight == 3);
  CHECK(f.state().waiting == 2);
  LogTransaction end;
  end.finished.push_back({kTopic, kStage, lent.entries[1].id});
  CHECK_FALSE(f.log.commit(end));

  // As the broker does after an error: anew, and its loans to the pending entries. Trimming goes on, too.
  EventLog log = f.another("one");
  CHECK(must(log.take_back(kTopic, kStage, "one")).size() == 3);
  CHECK(must(log.trim(kTopic)) == 5);
  must(f.redis.command({"CONFIG", "SET", "maxmemory", "0"}));
  for (const LogEntry& entry : lent.entries) f.finish(log, entry);
  CHECK(f.state().in_flight == 0);
  CHECK(f.read(log, 10).entries.size() == 2);
}

TEST_CASE("loans survive kill -9 of Redis") {
  Fixture f;
  const auto lent = f.lend(f.log, f.append(f.log, 10));
  f.finish(f.log, lent.entries[0]);
  const std::string before = f.loans();
  f.server.kill_9();
  f.server.restart();
  f.redis = f.server.connect();
  CHECK(f.loans() == before);
  EventLog log = f.another("one");
  CHECK(must(log.take_back(kTopic, kStage, "one")).size() == 9);
  CHECK(f.read(log, 10).entries.empty());
}

}  // namespace fuzzmill::store
