// Filing crashes over a real Redis: what joins, what stays apart, what a person says last.
#include "workers/fingerprint/record.h"

#include <atomic>
#include <set>
#include <thread>

#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"
#include "workers/fingerprint/group/faces.h"

namespace fuzzmill::workers {
namespace {

using tests::must;

constexpr std::uint64_t kNow = 1'750'000'000'000;

struct Filing {
  tests::RedisServer server;
  store::Redis redis = server.connect();
  store::CrashIndex index{redis};
  std::uint64_t next = 1;

  static Recording recording(const Told& told, std::uint64_t number) {
    const Fingerprint print = fingerprint({report_text(told), {}, {}});
    Recording out;
    out.shown = print.shown;
    out.record.event = schema::EventId::of(9, number);
    out.record.group = print.group, out.record.signature = print.signature;
    out.record.kind = print.report.kind, out.record.node = "nyc", out.record.target = "fuzz_tlv";
    out.record.time_ms = kNow, out.record.old_signatures = old_signatures(print);
    return out;
  }
  // The group that the crash is counted in.
  std::string file(const Told& told) {
    return must(record_crashes(index, {recording(told, next++)}, kNow)).front().group;
  }
  std::size_t groups() { return must(index.list({}, 100)).rows.size(); }
};

const Told kNear = {.stack = "decode@a.c:9 < one@a.c:20 < run@a.c:50"};
const Told kFar = {.kind = "SEGV", .stack = "decode@a.c:9 < two@a.c:30 < run@a.c:51"};
const Told kOther = {.stack = "decode@a.c:99 < one@a.c:20 < run@a.c:50"};

}  // namespace

TEST_CASE("faces of one bug are counted in one group, another line of the function in another") {
  Filing filing;
  const std::string group = filing.file(kNear);
  CHECK(filing.file(kFar) == group);
  CHECK(filing.file(kNear) == group);
  CHECK(filing.file(kOther) != group);
  CHECK(filing.groups() == 2);
  CHECK(must(filing.index.show(group)).row.count == 3);
}

TEST_CASE("a crash that older rules filed is found again by what they called it") {
  const std::vector<std::string> names = Filing::recording(kNear, 1).record.old_signatures;
  REQUIRE(names.size() == 2);
  for (const std::string& name : names) {
    Filing filing;
    // As it stands in an old index: under its old name, and with nothing to judge it by.
    store::CrashRecord old = Filing::recording(kNear, filing.next++).record;
    old.signature = name, old.group = group_of(name), old.old_signatures.clear();
    const std::string group = must(filing.index.record({old}, kNow)).front().group;
    CHECK(group == group_of(name));
    CHECK(filing.file(kNear) == group);
    CHECK(filing.groups() == 1);
  }
}

TEST_CASE("a crash that shows two groups to be one merges them") {
  Filing filing;
  // Two uses of objects whose release is not told to be the same, until a third crash has both.
  const Told plain = {.kind = "SEGV", .stack = "show@a.c:9 < run@a.c:50"};
  const Told dead = {.kind = "heap-use-after-free",
                     .stack = "hide@a.c:19 < run@a.c:51",
                     .allocated = "open_item@a.c:3 < run@a.c:48",
                     .freed = "evict@a.c:5 < run@a.c:49"};
  const std::string one = filing.file(plain), two = filing.file(dead);
  CHECK(one != two);
  CHECK(filing.groups() == 2);
  Told both = dead;
  both.stack = plain.stack;
  filing.file(both);
  CHECK(filing.groups() == 1);
}

TEST_CASE("what a person took apart stays apart") {
  Filing filing;
  const std::string group = filing.file(kNear), other = filing.file(kOther);
  must(filing.index.merge(group, other, {"ada@desk", "looked alike"}, kNow));
  must(filing.index.unmerge(other, {"ada@desk", "they are two"}, kNow));
  const Told again = {.kind = "SEGV", .stack = "decode@a.c:99 < three@a.c:40 < run@a.c:52"};
  CHECK(filing.file(again) == other);
  CHECK(filing.file(kFar) == group);
  CHECK(filing.groups() == 2);
}

TEST_CASE("several workers that meet the faces of a new bug at once make one group of them") {
  Filing filing;
  constexpr int kWorkers = 4, kFaces = 6;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      store::Redis redis = filing.server.connect();
      store::CrashIndex index(redis);
      for (int face = 0; face < kFaces; ++face) {
        const Told told = {.stack = fmt::format("decode@a.c:9 < caller_{}@a.c:{}", face, 20 + face)};
        const auto number = static_cast<std::uint64_t>(1000 + worker * 100 + face);
        if (!record_crashes(index, {Filing::recording(told, number)}, kNow)) ++failed;
      }
    });
  }
  workers.clear();
  CHECK(failed == 0);
  REQUIRE(filing.groups() == 1);
  CHECK(must(filing.index.list({}, 10)).rows[0].count == kWorkers * kFaces);
}

}  // namespace fuzzmill::workers
