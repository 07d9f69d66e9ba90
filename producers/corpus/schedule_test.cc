#include "producers/corpus/schedule.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::uint64_t kMidnight = 20'000 * kDay;

// How many snapshots are taken when somebody looks at each of these times.
int taken(const SnapshotTimes& times, std::uint64_t last, const std::vector<std::uint64_t>& looks) {
  int count = 0;
  for (const auto now : looks) {
    if (snapshot_due(times, 10min, last, now)) ++count, last = now;
  }
  return count;
}

std::vector<std::uint64_t> every_minute(std::uint64_t from, std::uint64_t until) {
  std::vector<std::uint64_t> looks;
  for (auto now = from; now < until; now += kMinute) looks.push_back(now);
  return looks;
}

}  // namespace

TEST_CASE("a daily snapshot is taken once a day, after midnight and the jitter") {
  const SnapshotTimes times;
  CHECK_FALSE(snapshot_due(times, 10min, kMidnight - kHour, kMidnight + 9 * kMinute));
  CHECK(snapshot_due(times, 10min, kMidnight - kHour, kMidnight + 10 * kMinute));
  CHECK(taken(times, kMidnight - kHour, every_minute(kMidnight, kMidnight + 7 * kDay)) == 7);
  SnapshotTimes noon;
  noon.at = 12h;
  CHECK_FALSE(snapshot_due(noon, 0min, kMidnight - kHour, kMidnight + 11 * kHour));
  CHECK(snapshot_due(noon, 0min, kMidnight - kHour, kMidnight + 12 * kHour));
}

TEST_CASE("runs that were missed are made up for once, and what was never taken is due at once") {
  const SnapshotTimes times;
  CHECK(snapshot_due(times, 10min, 0, kMidnight + 5 * kHour));
  CHECK(taken(times, kMidnight - 9 * kDay, every_minute(kMidnight + kHour, kMidnight + 20 * kHour)) == 1);
}

TEST_CASE("a clock that jumps gives at most one snapshot too many, and never none for long") {
  const SnapshotTimes times;
  const auto noon = kMidnight + 12 * kHour;
  // Back over midnight, and forth again.
  CHECK(taken(times, kMidnight + kHour, {kMidnight - kMinute, kMidnight + 2 * kHour, kMidnight - kMinute}) ==
        0);
  // A snapshot was taken while the clock was a year ahead.
  CHECK(taken(times, noon + 365 * kDay, every_minute(noon, noon + 2 * kDay)) == 3);
  // The clock begins in 1970, and is set later.
  CHECK(taken(times, noon, {1000, 2000, 3000, noon + kMinute, noon + 2 * kMinute}) == 2);
}

TEST_CASE("an interval counts from the last snapshot, and nothing is none at all") {
  SnapshotTimes times;
  times.interval = 2h;
  CHECK_FALSE(snapshot_due(times, 10min, kMidnight, kMidnight + 2 * kHour - 1));
  CHECK(snapshot_due(times, 10min, kMidnight, kMidnight + 2 * kHour));
  CHECK_FALSE(snapshot_due(times, 10min, kMidnight, kMidnight - kHour));
  CHECK(snapshot_due(times, 10min, kMidnight, kMidnight - 3 * kHour));
  times.interval = 0ms;
  CHECK_FALSE(snapshot_due(times, 10min, 0, kMidnight));
}

TEST_CASE("the jitter of a target stays, and those of a fleet are spread") {
  std::set<std::int64_t> minutes;
  for (int node = 0; node < 300; ++node) {
    const auto jitter = jitter_of("node" + std::to_string(node), "png", 30min);
    CHECK(jitter == jitter_of("node" + std::to_string(node), "png", 30min));
    REQUIRE(jitter >= 0ms);
    REQUIRE(jitter < 30min);
    minutes.insert(std::chrono::duration_cast<std::chrono::minutes>(jitter).count());
  }
  CHECK(minutes.size() > 25);
  CHECK(jitter_of("a", "b", 0ms) == 0ms);
}

TEST_CASE("a time of day is read as people write it") {
  CHECK(*parse_time_of_day("00:00") == 0min);
  CHECK(*parse_time_of_day("23:59") == 23h + 59min);
  CHECK(time_of_day_text(*parse_time_of_day("07:05")) == "07:05");
  for (const auto* wrong : {"", "24:00", "12:60", "7:05", "noon!", "12-30", "12:300"})
    CHECK_FALSE(parse_time_of_day(wrong));
}

}  // namespace fuzzmill::producers
