// Groups made one by hand or by judgement, and taken apart again, over a real Redis.
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
  tests::RedisServer server;
  Redis redis = server.connect();
  CrashIndex index{redis};

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

const Deed kAnn{"ann@desk", "same lock, two callers"};

// All that a person sees of a group by itself.
std::string picture(Fixture& f, int bug) {
  const auto detail = must(f.index.show(group_of(bug)));
  const GroupRow& row = detail.row;
  std::string text = row.severity + "|" + row.title + "|" + row.state + "|" + std::to_string(row.count) +
                     "|" + std::to_string(row.first_seen_ms) + "|" + std::to_string(row.last_seen_ms) + "|" +
                     std::to_string(row.replays) + "/" + std::to_string(row.reproduced) + "|" +
                     row.merged_into + "|" + std::to_string(row.members);
  for (const auto& [name, count] : row.nodes) text += "|" + name + "=" + std::to_string(count);
  for (const auto& [name, count] : row.targets) text += "|" + name + "=" + std::to_string(count);
  for (const auto& signature : detail.signatures) text += "|" + signature.substr(0, 8);
  return text;
}

std::string score(Fixture& f, const std::string& key, int bug) {
  return must(f.redis.command({"ZSCORE", key, group_of(bug)})).text;
}

std::map<std::string, std::uint64_t> listed(Fixture& f) {
  std::map<std::string, std::uint64_t> groups;
  for (const GroupRow& row : must(f.index.list({}, 100)).rows) groups[row.group] = row.count;
  return groups;
}

}  // namespace

TEST_CASE("Two groups that are merged act as one, with the worst severity and all counts") {
  Fixture f;
  f.make_group(1, schema::Severity::kMedium);
  f.make_group(2, schema::Severity::kHigh);
  must(f.index.record({crash(5, 2, "london", kNow + kHour)}, kNow + kHour));
  CHECK(must(f.index.merge(group_of(1), group_of(2), kAnn, kNow + kHour)) == group_of(1));

  const auto rows = must(f.index.list({}, 10)).rows;
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].group == group_of(1));
  CHECK(rows[0].count == 3);
  CHECK(rows[0].severity == "HIGH");
  CHECK(rows[0].title == "as HIGH");
  CHECK(rows[0].members == 1);
  CHECK(rows[0].last_seen_ms == kNow + kHour);
  CHECK(rows[0].nodes == std::vector<std::pair<std::string, std::uint64_t>>{{"nyc", 2}, {"london", 1}});
  CHECK(f.is_in(schema::Severity::kHigh, 1));
  CHECK_FALSE(f.is_in(schema::Severity::kMedium, 1));
  CHECK_FALSE(f.is_in(schema::Severity::kHigh, 2));
  GroupFilter high;
  high.severity = "HIGH";
  CHECK(must(f.index.list(high, 10)).rows.size() == 1);

  // The next crash of either is a crash of the one, in every stage.
  const auto next = must(f.index.record({crash(6, 2, "paris", kNow + 2 * kHour)}, kNow + 2 * kHour)).front();
  CHECK(next.group == group_of(1));
  CHECK_FALSE(next.new_group);
  CHECK(must(f.index.show(group_of(1))).row.count == 4);
  CHECK(score(f, schema::keys::severity("HIGH"), 1) == std::to_string(kNow + 2 * kHour));
  const auto worse = must(f.index.classify({classified(6, 2, schema::Severity::kCritical)})).front();
  CHECK(worse.group == group_of(1));
  CHECK(worse.severity == schema::Severity::kCritical);
  CHECK(f.is_in(schema::Severity::kCritical, 1));
  CHECK_FALSE(f.is_in(schema::Severity::kHigh, 1));

  const auto detail = must(f.index.show(group_of(1)));
  REQUIRE(detail.members.size() == 1);
  CHECK(detail.members[0].group == group_of(2));
  CHECK(detail.members[0].count == 3);
  CHECK(detail.members[0].merged_by == kAnn.by);
  CHECK(detail.members[0].merged_why == kAnn.why);
  CHECK(detail.members[0].merged_ms == kNow + kHour);
  CHECK(detail.signatures.size() == 4);
  REQUIRE(detail.history.size() == 1);
  CHECK(detail.history[0].action == "merge");
  CHECK(detail.history[0].other == group_of(2));
  CHECK(detail.history[0].by == kAnn.by);
  CHECK(detail.history[0].time_ms == kNow + kHour);
  CHECK(must(f.index.find(group_of(2).substr(0, 8))) == group_of(2));  // found as the part that it is
  CHECK(must(f.index.show(group_of(2))).row.merged_into == group_of(1));
}

TEST_CASE("Taking a group out again is exact, with all that it counted meanwhile") {
  // The same crashes once with a merge in the middle that is undone, once without.
  Fixture merged, plain;
  for (Fixture* f : {&merged, &plain}) {
    f->make_group(1, schema::Severity::kMedium);
    f->make_group(2, schema::Severity::kHigh);
    f->make_group(3, schema::Severity::kLow);
    must(f->index.set_state(group_of(2), {"open", "known", "bob@desk"}, kNow));
    if (f == &merged) {
      must(f->index.merge(group_of(2), group_of(3), kAnn, kNow));
      must(f->index.merge(group_of(1), group_of(2), kAnn, kNow));
    }
    must(f->index.record({crash(5, 2, "london", kNow + 2 * kHour), crash(6, 1, "rome", kNow + kHour),
                          crash(7, 3, "oslo", kNow + 3 * kHour)},
                         kNow + 3 * kHour));
    auto replayed = classified(5, 2, schema::Severity::kLow);
    replayed.replays = 5, replayed.reproduced = 3;
    must(f->index.classify({replayed, classified(6, 3, schema::Severity::kCritical)}));
  }
  CHECK(must(merged.index.show(group_of(1))).row.count == 6);
  CHECK(must(merged.index.show(group_of(1))).row.severity == "CRITICAL");
  CHECK(must(merged.index.show(group_of(1))).row.replays == 5);
  CHECK(listed(merged).size() == 1);

  CHECK(must(merged.index.unmerge(group_of(2), {"bob@desk", "other lock"}, kNow + 4 * kHour)) == group_of(1));
  CHECK(picture(merged, 1) == picture(plain, 1));
  CHECK(must(merged.index.show(group_of(2))).row.count == 4);  // and what was below it is still below it
  CHECK(must(merged.index.show(group_of(2))).row.severity == "CRITICAL");
  CHECK(merged.is_in(schema::Severity::kCritical, 2));
  CHECK(merged.is_in(schema::Severity::kMedium, 1));
  CHECK_FALSE(merged.is_in(schema::Severity::kCritical, 1));
  CHECK(must(merged.index.unmerge(group_of(3), {"bob@desk", "no"}, kNow + 4 * kHour)) == group_of(2));
  for (int bug : {1, 2, 3}) {
    INFO(bug);
    CHECK(picture(merged, bug) == picture(plain, bug));
    CHECK(score(merged, schema::keys::groups(), bug) == score(plain, schema::keys::groups(), bug));
    for (auto severity : {schema::Severity::kLow, schema::Severity::kMedium, schema::Severity::kHigh,
                          schema::Severity::kCritical}) {
      CHECK(merged.is_in(severity, bug) == plain.is_in(severity, bug));
    }
  }
  CHECK(listed(merged) == listed(plain));
  const auto history = must(merged.index.show(group_of(2))).history;
  REQUIRE(history.size() == 5);
  CHECK(history[0].action == "unmerge");
  CHECK(history[1].action == "unmerged-from");
  CHECK(history[1].why == "other lock");
  CHECK(history[4].action == "state");
  CHECK(history[4].state == "open");
}

TEST_CASE("A merged group is alerted once, and a part that is taken out is told of by itself") {
  Fixture f;
  f.make_group(1, schema::Severity::kMedium);
  f.make_group(2, schema::Severity::kHigh);
  CHECK(f.claim(1, 1).kind == AlertKind::kNew);
  CHECK(f.claim(2, 2).kind == AlertKind::kNew);
  must(f.index.merge(group_of(1), group_of(2), kAnn, kNow));
  CHECK(f.claim(3, 1).kind == AlertKind::kNone);  // HIGH was told of the part
  CHECK(f.claim(4, 2).kind == AlertKind::kNone);
  must(f.index.classify({classified(9, 2, schema::Severity::kCritical)}));
  const auto worse = f.claim(5, 2);
  CHECK(worse.kind == AlertKind::kWorse);
  CHECK(worse.group == group_of(1));
  CHECK(worse.count == 2);
  CHECK(worse.previous_severity == "HIGH");
  CHECK(f.claim(6, 1).kind == AlertKind::kNone);

  must(f.index.unmerge(group_of(2), kAnn, kNow));
  CHECK(f.claim(7, 2).kind == AlertKind::kWorse);  // of itself it was told HIGH
  CHECK(f.claim(8, 1).kind == AlertKind::kNone);
  must(f.index.classify({classified(10, 1, schema::Severity::kHigh)}));
  CHECK(f.claim(9, 1).kind == AlertKind::kWorse);  // and of the other MEDIUM
}

TEST_CASE("A resolved group returns when a part of it crashes, and verdicts are of the whole") {
  Fixture f;
  f.make_group(1, schema::Severity::kMedium);
  f.make_group(2, schema::Severity::kMedium);
  must(f.index.merge(group_of(1), group_of(2), kAnn, kNow));
  CHECK(f.index.set_state(group_of(2), {"resolved", "x", "y"}, kNow).error().code ==
        schema::ErrorCode::kConflict);
  CHECK(f.claim(1, 1).kind == AlertKind::kNew);
  must(f.index.set_state(group_of(1), {"resolved", "mended", "ann@desk"}, kNow + kHour));
  CHECK(f.claim(2, 2, kNow + 2 * kHour).kind == AlertKind::kReturned);
  CHECK(must(f.index.show(group_of(1))).row.state == "returned");
}

TEST_CASE("What cannot be merged or taken apart is refused, and nothing changes") {
  Fixture f;
  for (int bug : {1, 2, 3}) f.make_group(bug, schema::Severity::kLow);
  must(f.index.merge(group_of(1), group_of(2), kAnn, kNow));
  const auto before = picture(f, 1) + picture(f, 2) + picture(f, 3);
  const auto merge = [&](int a, int b) { return f.index.merge(group_of(a), group_of(b), kAnn, kNow); };
  CHECK(merge(1, 2).error().code == schema::ErrorCode::kConflict);
  CHECK(merge(2, 1).error().code == schema::ErrorCode::kConflict);
  CHECK(merge(1, 1).error().code == schema::ErrorCode::kConflict);
  CHECK(merge(3, 2).error().code == schema::ErrorCode::kConflict);
  CHECK(merge(1, 9).error().code == schema::ErrorCode::kNotFound);
  CHECK(merge(9, 1).error().code == schema::ErrorCode::kNotFound);
  CHECK(f.index.merge("x", group_of(1), kAnn, kNow).error().code == schema::ErrorCode::kInvalid);
  const Deed long_winded{"ann", std::string(kMaxVerdictText + 1, 'x')};
  CHECK(f.index.merge(group_of(1), group_of(3), long_winded, kNow).error().code ==
        schema::ErrorCode::kInvalid);
  CHECK(f.index.unmerge(group_of(1), kAnn, kNow).error().code == schema::ErrorCode::kConflict);
  CHECK(f.index.unmerge(group_of(9), kAnn, kNow).error().code == schema::ErrorCode::kNotFound);
  CHECK(picture(f, 1) + picture(f, 2) + picture(f, 3) == before);
  CHECK(must(f.index.merge(group_of(2), group_of(3), kAnn, kNow)) ==
        group_of(1));  // the part stands for the whole
}

TEST_CASE("A merged group keeps the folder and the inputs of each part, and its archive weighs the worst") {
  Fixture f;
  f.make_group(1, schema::Severity::kLow);
  f.make_group(2, schema::Severity::kHigh);
  must(f.index.merge(group_of(1), group_of(2), kAnn, kNow));
  const auto plan =
      must(f.index.plan_archive({{group_of(1), signature_of(2), "fuzz_tlv", signature_of(70), 5},
                                 {group_of(1), signature_of(1), "fuzz_tlv", signature_of(71), 6}}));
  CHECK(plan[0].group == group_of(2));
  CHECK(plan[1].group == group_of(1));
  CHECK(plan[1].severity == "HIGH");
  CHECK(must(f.index.show(group_of(2))).inputs.size() == 1);
  CHECK(must(f.index.show(group_of(1))).inputs.size() == 1);
}

// --- signatures of older rules ---

TEST_CASE("A signature of newer rules goes where its older one is known, so nothing is filed again") {
  Fixture f;
  f.make_group(1, schema::Severity::kHigh);
  auto newer = crash(2, 2);
  newer.old_signatures = {signature_of(90), signature_of(1)};
  auto answer = must(f.index.record({newer}, kNow)).front();
  CHECK(answer.group == group_of(1));
  CHECK_FALSE(answer.new_group);
  CHECK(must(f.index.show(group_of(1))).row.count == 2);
  // From now on the new one is known by itself.
  answer = must(f.index.record({crash(3, 2)}, kNow)).front();
  CHECK(answer.group == group_of(1));
  CHECK(must(f.index.record({crash(4, 3)}, kNow)).front().new_group);
  auto bad = crash(5, 4);
  bad.old_signatures = {"v1"};
  CHECK(f.index.record({bad}, kNow).error().code == schema::ErrorCode::kInvalid);
}

// --- the way of a new signature ---

namespace {

// A crash of `bug` seen under a signature of its own, with the features of its bug.
CrashRecord face(std::uint64_t number, int bug, int signature) {
  CrashRecord record = crash(number, 1000 * bug + signature);
  record.features = {"site=" + std::to_string(bug), "kind=overflow"};
  return record;
}

// What a worker does with a new signature; here two crashes are one bug when they share a site.
Recorded place(CrashIndex& index, CrashRecord record) {
  record.only_known = true;
  Recorded answer = must(index.record({record}, kNow)).front();
  record.only_known = false;
  while (answer.undecided) {
    const auto found = must(index.candidates({record.features[0]})).front();
    record.into = found.empty() ? "" : found.front();
    record.why = "the same site";
    record.expect = {{record.features[0], found.size()}};
    answer = must(index.record({record}, kNow)).front();
  }
  return answer;
}

}  // namespace

TEST_CASE("A new signature that is judged to be a known bug joins its group, and a person can take it out") {
  Fixture f;
  const auto first = place(f.index, face(1, 1, 1));
  CHECK(first.new_group);
  const auto second = place(f.index, face(2, 1, 2));
  CHECK(second.counted);
  CHECK_FALSE(second.new_group);
  CHECK(second.group == first.group);
  CHECK(place(f.index, face(3, 2, 1)).new_group);
  CHECK(listed(f).size() == 2);
  const auto detail = must(f.index.show(first.group));
  CHECK(detail.row.count == 2);
  REQUIRE(detail.members.size() == 1);
  CHECK(detail.members[0].merged_by == "fuzzmill");
  CHECK(detail.members[0].merged_why == "the same site");
  CHECK(must(f.index.features_of({first.group})).front() ==
        std::vector<std::string>{"kind=overflow", "site=1"});

  const std::string part = detail.members[0].group;
  must(f.index.unmerge(part, kAnn, kNow));
  CHECK(place(f.index, face(4, 1, 2)).group == part);  // the machine does not put it back
  CHECK(listed(f) == std::map<std::string, std::uint64_t>{{first.group, 1}, {part, 2}, {group_of(2001), 1}});
}

TEST_CASE("An unknown signature changes nothing until it is placed, and is placed once") {
  Fixture f;
  auto record = face(1, 1, 1);
  record.only_known = true;
  const auto asked = must(f.index.record({record}, kNow)).front();
  CHECK(asked.undecided);
  CHECK_FALSE(asked.counted);
  CHECK(asked.group.empty());
  CHECK(listed(f).empty());
  CHECK(must(f.redis.command({"KEYS", "*"})).items.empty());

  auto late = face(2, 1, 2);
  late.expect = {{"site=1", 0}};
  record.only_known = false;
  record.expect = {{"site=1", 0}};
  const auto answers = must(f.index.record({record, late}, kNow));  // in one batch, too
  CHECK(answers[0].new_group);
  CHECK(answers[1].undecided);
  CHECK(must(f.index.record({record}, kNow)).front().counted == false);  // delivered again
  CHECK_FALSE(must(f.index.record({record}, kNow)).front().undecided);
  late.event = schema::EventId::of(7, 3);
  late.into = group_of(9999);  // nobody knows it: a group of its own
  late.expect = {{"site=1", 1}};
  CHECK(must(f.index.record({late}, kNow)).front().new_group);
}

TEST_CASE("Workers that meet the same new bugs at once, each by another signature, make one group a bug") {
  Fixture f;
  constexpr int kBugs = 12, kWorkers = 4;
  std::vector<std::thread> workers;
  std::atomic<int> made{0}, counted{0};
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      Redis redis = f.server.connect();
      CrashIndex index(redis);
      for (int bug = 1; bug <= kBugs; ++bug) {
        for (int signature = 0; signature < 3; ++signature) {
          const auto number = static_cast<std::uint64_t>(1000 * w + 10 * bug + signature);
          const auto answer = place(index, face(number, bug, 10 * w + signature));
          made += answer.new_group, counted += answer.counted;
        }
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(counted == kBugs * kWorkers * 3);
  CHECK(made == kBugs);
  const auto groups = listed(f);
  CHECK(groups.size() == kBugs);
  for (const auto& [group, count] : groups) CHECK(count == kWorkers * 3);
}

TEST_CASE("Features are bounded: of a record, of a group, and groups of a feature") {
  Fixture f;
  auto greedy = crash(1, 1);
  greedy.features.assign(kMaxFeatures + 1, "x");
  CHECK(f.index.record({greedy}, kNow).error().code == schema::ErrorCode::kInvalid);
  greedy.features = {std::string(kMaxFeatureSize + 1, 'x')};
  CHECK(f.index.record({greedy}, kNow).error().code == schema::ErrorCode::kInvalid);
  greedy.features = {""};
  CHECK(f.index.record({greedy}, kNow).error().code == schema::ErrorCode::kInvalid);

  std::vector<CrashRecord> crashes;
  for (int bug = 0; bug < static_cast<int>(kMaxFeatureGroups) + 20; ++bug) {
    crashes.push_back(crash(static_cast<std::uint64_t>(bug), bug));
    crashes.back().features = {"everywhere", "a::b<c>:/\n" + std::to_string(bug)};
  }
  must(f.index.record(crashes, kNow));
  const auto found = must(f.index.candidates({"everywhere", "a::b<c>:/\n3", "nowhere"}));
  CHECK(found[0].size() == kMaxFeatureGroups);
  CHECK(found[1] == std::vector<std::string>{group_of(3)});
  CHECK(found[2].empty());

  // Old signatures lead many new ones into one group: it keeps no more features than it may.
  std::vector<CrashRecord> newer;
  for (int i = 0; i < 10; ++i) {
    newer.push_back(crash(static_cast<std::uint64_t>(500 + i), 500 + i));
    newer.back().old_signatures = {signature_of(1)};
    for (std::size_t j = 0; j < kMaxFeatures; ++j)
      newer.back().features.push_back(std::to_string(i) + "." + std::to_string(j));
  }
  must(f.index.record(newer, kNow));
  CHECK(must(f.index.features_of({group_of(1)})).front().size() == kMaxGroupFeatures);
}

}  // namespace fuzzmill::store
