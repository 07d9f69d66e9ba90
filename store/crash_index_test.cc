#include "store/crash_index.h"

#include <atomic>
#include <map>
#include <thread>

#include "schema/keys.h"
#include "store/crash_samples.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {

using namespace samples;
using tests::must;

namespace {

struct Fixture {
  explicit Fixture(CrashIndexLimits limits = {}) : index(redis, limits) {}

  tests::RedisServer server;
  Redis redis = server.connect();
  CrashIndex index;

  bool is_in(schema::Severity severity, int bug) {
    const auto key = schema::keys::severity(schema::severity_name(severity));
    return !must(redis.command({"ZSCORE", key, group_of(bug)})).is_nil();
  }
  AlertClaim claim(std::uint64_t number, int bug, std::uint64_t now = kNow) {
    return must(index.claim_alerts({request(number, bug, now)}, now)).front();
  }
  void make_group(int bug, schema::Severity severity) {
    must(index.record({crash(10'000 + static_cast<std::uint64_t>(bug), bug)}, kNow));
    must(index.classify({classified(10'000 + static_cast<std::uint64_t>(bug), bug, severity)}));
  }
};

}  // namespace

TEST_CASE("A crash counts once, however often and in whatever batch it is delivered") {
  Fixture f;
  const auto first = must(f.index.record({crash(1, 1), crash(2, 1, "london"), crash(1, 1)}, kNow));
  CHECK(first[0].counted);
  CHECK(first[0].new_group);
  CHECK(first[1].counted);
  CHECK_FALSE(first[1].new_group);
  CHECK_FALSE(first[2].counted);
  const auto again =
      must(f.index.record({crash(2, 1, "london"), crash(1, 1), crash(3, 1)}, kNow + 9 * kHour));
  CHECK_FALSE(again[0].counted);
  CHECK_FALSE(again[1].counted);
  CHECK(again[2].counted);

  const auto group = must(f.index.show(group_of(1)));
  CHECK(group.row.count == 3);
  CHECK(group.row.state == "new");
  CHECK(group.row.nodes == std::vector<std::pair<std::string, std::uint64_t>>{{"nyc", 2}, {"london", 1}});
  CHECK(group.row.targets == std::vector<std::pair<std::string, std::uint64_t>>{{"fuzz_tlv", 3}});
  CHECK(group.signatures == std::vector<std::string>{signature_of(1), "type=" + signature_of(1001)});
}

TEST_CASE("Four workers that take the same crashes at once count each once") {
  Fixture f;
  std::vector<std::thread> workers;
  std::atomic<int> counted{0}, made{0};
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      Redis redis = f.server.connect();
      CrashIndex index(redis);
      for (int batch = 0; batch < 10; ++batch) {
        std::vector<CrashRecord> crashes;
        for (int i = 0; i < 40; ++i) {
          const int number = (batch * 40 + i + w * 100) % 400;  // the same 400, in another order
          crashes.push_back(crash(static_cast<std::uint64_t>(number), number % 20));
        }
        const auto answers = index.record(crashes, kNow);
        if (!answers) continue;  // the sums below tell
        for (const Recorded& answer : *answers) counted += answer.counted, made += answer.new_group;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(counted == 400);
  CHECK(made == 20);
  for (const GroupRow& row : must(f.index.list({}, 100)).rows) CHECK(row.count == 20);
}

TEST_CASE("A count survives kill -9 of Redis, and so does the memory of what was counted") {
  Fixture f;
  must(f.index.record({crash(1, 1), crash(2, 1)}, kNow));
  f.server.kill_9();
  const auto lost = f.index.record({crash(3, 1)}, kNow);
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().code == schema::ErrorCode::kUnavailable);
  f.server.restart();
  f.redis = f.server.connect();
  const auto answers = must(f.index.record({crash(2, 1), crash(3, 1)}, kNow));
  CHECK_FALSE(answers[0].counted);
  CHECK(answers[1].counted);
  CHECK(must(f.index.show(group_of(1))).row.count == 3);
}

TEST_CASE("A signature that was merged by hand stays with its group") {
  Fixture f;
  must(f.index.record({crash(1, 1)}, kNow));
  must(f.redis.command({"SET", schema::keys::signature(signature_of(2)), group_of(1)}));
  const auto answers = must(f.index.record({crash(2, 2)}, kNow));
  CHECK(answers[0].group == group_of(1));
  CHECK_FALSE(answers[0].new_group);
  CHECK(must(f.index.show(group_of(1))).row.count == 2);
  CHECK(f.index.show(group_of(2)).error().code == schema::ErrorCode::kNotFound);
  CHECK(must(f.index.classify({classified(1, 2, schema::Severity::kLow)}))[0].group == group_of(1));
}

TEST_CASE("A producer's clock neither moves a group into the future nor makes a repeat count") {
  Fixture f;
  must(f.index.record({crash(1, 1, "nyc", kNow + 1'000 * kHour), crash(2, 1, "nyc", 0)}, kNow));
  auto row = must(f.index.show(group_of(1))).row;
  CHECK(row.first_seen_ms == kNow);
  CHECK(row.last_seen_ms == kNow);
  must(f.index.record({crash(1, 1, "nyc", kNow + 1'000 * kHour), crash(2, 1, "nyc", 0)}, kNow + 48 * kHour));
  row = must(f.index.show(group_of(1))).row;
  CHECK(row.count == 2);
  CHECK(row.last_seen_ms == kNow);

  must(
      f.index.record({crash(3, 1, "nyc", kNow - kHour), crash(4, 1, "nyc", kNow + kHour)}, kNow + 2 * kHour));
  row = must(f.index.show(group_of(1))).row;
  CHECK(row.first_seen_ms == kNow - kHour);
  CHECK(row.last_seen_ms == kNow + kHour);
  CHECK(seen_day(0) == 0);
  CHECK(seen_day(UINT64_MAX) == 0);
  CHECK(seen_day(kNow) == kNow / 86'400'000);
}

TEST_CASE("What a stage has seen is forgotten after thirty days, not before") {
  Fixture f;
  must(f.index.record({crash(1, 1)}, kNow));
  const auto key = schema::keys::seen(schema::Stage::kFingerprint, seen_day(kNow));
  const auto ttl = must(f.redis.command({"TTL", key})).integer;
  CHECK(ttl > 29 * 86'400);
  CHECK(ttl <= 30 * 86'400);
}

TEST_CASE("A group has the worst severity that any of its crashes had, and lies in that set alone") {
  Fixture f;
  must(f.index.record({crash(1, 1), crash(2, 1), crash(3, 1)}, kNow));
  auto answers = must(f.index.classify({classified(1, 1, schema::Severity::kMedium),
                                        classified(2, 1, schema::Severity::kCritical),
                                        classified(3, 1, schema::Severity::kLow)}));
  CHECK(answers[0].severity == schema::Severity::kMedium);
  CHECK(answers[1].severity == schema::Severity::kCritical);
  CHECK(answers[2].severity == schema::Severity::kCritical);
  CHECK(f.is_in(schema::Severity::kCritical, 1));
  CHECK_FALSE(f.is_in(schema::Severity::kMedium, 1));
  CHECK_FALSE(f.is_in(schema::Severity::kLow, 1));
  const auto row = must(f.index.show(group_of(1))).row;
  CHECK(row.severity == "CRITICAL");
  CHECK(row.title == "as CRITICAL");

  CHECK_FALSE(must(f.index.classify({classified(1, 1, schema::Severity::kMedium)}))[0].counted);
  CHECK(must(f.index.show(group_of(1))).row.severity == "CRITICAL");
}

TEST_CASE("A later crash moves its group to the front of its severity's set") {
  Fixture f;
  f.make_group(1, schema::Severity::kHigh);
  must(f.index.record({crash(5, 1, "nyc", kNow + kHour)}, kNow + kHour));
  const auto key = schema::keys::severity("HIGH");
  CHECK(must(f.redis.command({"ZSCORE", key, group_of(1)})).text == std::to_string(kNow + kHour));
}

TEST_CASE("A malformed record is refused and nothing of its batch happens") {
  Fixture f;
  auto bad = crash(2, 1);
  SECTION("a group that is a path") { bad.group = "../../etc/passwd"; }
  SECTION("a signature that is none") { bad.signature = "abc"; }
  SECTION("a node with a colon") { bad.node = "a:b"; }
  SECTION("no target") { bad.target.clear(); }
  const auto refused = f.index.record({crash(1, 1), bad}, kNow);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == schema::ErrorCode::kInvalid);
  CHECK(must(f.index.list({}, 10)).rows.empty());
}

TEST_CASE("The smallest inputs of a group are kept, equal sizes by name") {
  Fixture f;
  f.make_group(1, schema::Severity::kHigh);
  const auto ask = [&](int input, std::uint64_t size) {
    ArchiveRequest request{group_of(1), signature_of(1), "fuzz_other", signature_of(input), size};
    return must(f.index.plan_archive({request})).front();
  };
  for (int i = 0; i < 5; ++i) CHECK(ask(i, 100 + static_cast<std::uint64_t>(i)).keep_input);
  CHECK_FALSE(ask(50, 999).keep_input);
  CHECK(ask(51, 10).keep_input);  // evicts the one of 104
  CHECK(ask(51, 10).keep_input);  // repeated: the same answer
  CHECK_FALSE(ask(4, 104).keep_input);
  const auto plan = ask(0, 100);
  CHECK(plan.target == "fuzz_tlv");  // the folder is that of the first crash
  CHECK(plan.severity == "HIGH");
  CHECK(plan.archived_severity.empty());
  const auto inputs = must(f.index.show(group_of(1))).inputs;
  REQUIRE(inputs.size() == 5);
  CHECK(inputs.front() == std::pair<std::string, std::uint64_t>{signature_of(51), 10});
  CHECK(inputs.back().second == 103);
}

TEST_CASE("The archive of a group expires by its severity") {
  Fixture f;
  f.make_group(1, schema::Severity::kCritical);
  f.make_group(2, schema::Severity::kLow);
  must(f.index.archived({{group_of(1), "/a/1", "CRITICAL", kNow}, {group_of(2), "/a/2", "LOW", kNow}}));
  const auto critical = must(f.index.show(group_of(1))), low = must(f.index.show(group_of(2)));
  CHECK(critical.row.archive == "/a/1");
  CHECK(critical.expires_s == kNow / 1000 + 365 * 86'400);
  CHECK(low.expires_s == kNow / 1000 + 30 * 86'400);
  const auto plan = must(f.index.plan_archive({{group_of(2), signature_of(2), "fuzz_tlv", {}, 0}})).front();
  CHECK(plan.archived_severity == "LOW");
  CHECK(plan.archived_ms == kNow);
  CHECK_FALSE(plan.keep_input);
}

TEST_CASE("A group is alerted when it is new, when it gets worse and when it returns, and not between") {
  Fixture f;
  f.make_group(1, schema::Severity::kMedium);
  const auto fresh = f.claim(1, 1);
  CHECK(fresh.kind == AlertKind::kNew);
  CHECK(fresh.severity == "MEDIUM");
  CHECK(fresh.count == 1);
  CHECK(f.claim(2, 1).kind == AlertKind::kNone);

  must(f.index.classify({classified(2, 1, schema::Severity::kCritical)}));
  const auto worse = f.claim(3, 1);
  CHECK(worse.kind == AlertKind::kWorse);
  CHECK(worse.severity == "CRITICAL");
  CHECK(worse.previous_severity == "MEDIUM");
  CHECK(f.claim(4, 1).kind == AlertKind::kNone);

  must(f.index.set_state(group_of(1), {"resolved", "mended in 1a2b3c", "ann@desk"}, kNow + kHour));
  CHECK(f.claim(5, 1, kNow + kHour).kind == AlertKind::kNone);  // crashed before it was resolved
  CHECK(f.claim(6, 1, kNow + 2 * kHour).kind == AlertKind::kReturned);
  const auto row = must(f.index.show(group_of(1))).row;
  CHECK(row.state == "returned");
  CHECK(row.state_because == "mended in 1a2b3c");  // what was thought stays beside what came of it
  CHECK(row.state_by == "ann@desk");
  CHECK(row.state_ms == kNow + kHour);
  CHECK(f.claim(7, 1, kNow + 2 * kHour).kind == AlertKind::kNone);
}

TEST_CASE("The event that claimed an alert claims the same one when it is delivered again") {
  Fixture f;
  f.make_group(1, schema::Severity::kMedium);
  const auto first = f.claim(1, 1);
  must(f.index.classify({classified(2, 1, schema::Severity::kHigh)}));
  CHECK(f.claim(2, 1).kind == AlertKind::kWorse);
  const auto again = f.claim(1, 1);
  CHECK(again.kind == AlertKind::kNew);
  CHECK(again.severity == first.severity);
  CHECK(again.count == first.count);
  CHECK(f.claim(3, 1).kind == AlertKind::kNone);
}

TEST_CASE("Of many workers exactly one claims the alert of a group") {
  Fixture f;
  for (int bug = 0; bug < 20; ++bug) f.make_group(bug, schema::Severity::kHigh);
  std::atomic<int> claimed{0};
  std::vector<std::thread> workers;
  for (std::uint64_t w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      Redis redis = f.server.connect();
      CrashIndex index(redis);
      for (int bug = 0; bug < 20; ++bug) {
        const auto claims =
            index.claim_alerts({request(100 * w + static_cast<std::uint64_t>(bug), bug)}, kNow);
        if (claims && claims->front().kind == AlertKind::kNew) ++claimed;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(claimed == 20);
}

TEST_CASE("Over the hour's budget one alert says so, and a suppressed group is alerted in a later hour") {
  Fixture f(CrashIndexLimits{5, 2});
  for (int bug = 0; bug < 4; ++bug) f.make_group(bug, schema::Severity::kHigh);
  CHECK(f.claim(0, 0).kind == AlertKind::kNew);
  CHECK(f.claim(1, 1).kind == AlertKind::kNew);
  CHECK(f.claim(2, 2).kind == AlertKind::kBudgetSpent);
  CHECK(f.claim(3, 3).kind == AlertKind::kNone);
  CHECK(f.claim(4, 2).kind == AlertKind::kNone);
  CHECK(must(f.index.show(group_of(2))).row.alerted == "suppressed");
  CHECK(must(f.index.show(group_of(3))).row.alerted == "suppressed");
  CHECK(must(f.index.show(group_of(1))).row.alerted == "group.new");

  CHECK(f.claim(2, 2, kNow + kHour).kind == AlertKind::kBudgetSpent);  // a repeat stays what it was
  CHECK(f.claim(5, 2, kNow + kHour).kind == AlertKind::kNew);
  CHECK(f.claim(6, 3, kNow + kHour).kind == AlertKind::kNew);
  CHECK(must(f.index.show(group_of(3))).row.alerted == "group.new");
  CHECK(must(f.redis.command({"TTL", schema::keys::alert_budget(kNow / kHour)})).integer > 0);
}

TEST_CASE("The list comes latest first, in pages that neither repeat nor skip, and takes a filter") {
  Fixture f;
  std::vector<CrashRecord> crashes;
  for (int bug = 0; bug < 30; ++bug) {
    // Ten at each of three times, so that pages end among equals.
    crashes.push_back(crash(static_cast<std::uint64_t>(bug), bug, bug % 2 == 0 ? "nyc" : "london",
                            kNow + static_cast<std::uint64_t>(bug % 3)));
  }
  must(f.index.record(crashes, kNow + 10));
  must(f.index.classify({classified(1, 4, schema::Severity::kHigh)}));

  std::map<std::string, int> seen;
  std::uint64_t last = UINT64_MAX;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = must(f.index.list({}, 7, cursor));
    for (const GroupRow& row : page.rows) {
      ++seen[row.group];
      CHECK(row.last_seen_ms <= last);
      last = row.last_seen_ms;
    }
    cursor = page.cursor;
    ++pages;
  } while (!cursor.empty() && pages < 10);
  CHECK(pages == 5);
  CHECK(seen.size() == 30);

  GroupFilter by_node;
  by_node.node = "london";
  CHECK(must(f.index.list(by_node, 100)).rows.size() == 15);
  GroupFilter by_severity;
  by_severity.severity = "HIGH";
  const auto high = must(f.index.list(by_severity, 100)).rows;
  REQUIRE(high.size() == 1);
  CHECK(high[0].group == group_of(4));
  CHECK(f.index.list({}, 5, "nonsense").error().code == schema::ErrorCode::kInvalid);
}

TEST_CASE("A group is found by the first digits of its name when they are its alone") {
  Fixture f;
  must(f.index.record({crash(1, 1)}, kNow));
  CHECK(must(f.index.find(group_of(1).substr(0, 6))) == group_of(1));
  auto twin = crash(2, 2);
  twin.group = group_of(1).substr(0, 15) + (group_of(1).back() == '0' ? "1" : "0");
  must(f.index.record({twin}, kNow));
  CHECK(f.index.find(group_of(1).substr(0, 6)).error().code == schema::ErrorCode::kConflict);
  CHECK(f.index.find("zz").error().code == schema::ErrorCode::kInvalid);
}

TEST_CASE(
    "A verdict is of a group that is there, in a state that people give, with a reason of a sane length") {
  Fixture f;
  must(f.index.record({crash(1, 1)}, kNow));
  const auto code = [&](int bug, const Verdict& verdict) {
    return f.index.set_state(group_of(bug), verdict, kNow).error().code;
  };
  CHECK(code(9, {"open", "", ""}) == schema::ErrorCode::kNotFound);
  CHECK(code(1, {"dancing", "", ""}) == schema::ErrorCode::kInvalid);
  CHECK(code(1, {"returned", "", ""}) == schema::ErrorCode::kInvalid);
  CHECK(code(1, {"resolved", std::string(kMaxVerdictText + 1, 'a'), ""}) == schema::ErrorCode::kInvalid);
  CHECK(must(f.index.show(group_of(1))).row.state == "new");
  CHECK(must(f.redis.command({"EXISTS", schema::keys::group(group_of(9))})).integer == 0);
  must(f.index.set_state(group_of(1), {"resolved", std::string(kMaxVerdictText, 'a'), "x"}, kNow));
  must(f.index.set_state(group_of(1), {"open", "", "bob@desk"}, kNow + 1));
  CHECK(must(f.index.show(group_of(1))).row.state_by == "bob@desk");
  CHECK(f.claim(2, 1, kNow + 2).kind == AlertKind::kNone);  // reopened, and not classified
}

}  // namespace fuzzmill::store
