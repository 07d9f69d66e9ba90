#include "store/retention.h"

#include <algorithm>
#include <map>
#include <random>

#include "tests/catch.h"

namespace fuzzmill::store {
namespace {

constexpr std::uint64_t kNow = 1'750'000'000;
constexpr std::uint64_t kDay = 86'400;

// An archive that is `age` days old and expires 30 days after it was made.
RetentionRow aged(std::uint64_t age, const std::string& series = "t") {
  RetentionRow row;
  row.series = series, row.time_s = kNow - age * kDay, row.order = row.time_s;
  row.expires_s = row.time_s + 30 * kDay, row.verified = true;
  return row;
}
RetentionRow bad(RetentionRow row) {
  row.bad = true;
  return row;
}
RetentionRow put_away(RetentionRow row, std::uint64_t delete_s) {
  row.delete_s = delete_s;
  return row;
}

std::string fates(const std::vector<RetentionRow>& rows, const RetentionOptions& options = {}) {
  std::string out;
  for (const auto& verdict : judge_retention(rows, kNow, options)) {
    out += verdict.fate == Fate::kKeep ? 'k' : verdict.fate == Fate::kQuarantine ? 'q' : 'd';
  }
  return out;
}

RetentionRow any_row(std::mt19937_64& random, std::uint64_t order) {
  RetentionRow row = aged(random() % 100, std::string(1, static_cast<char>('a' + random() % 3)));
  row.order = order;
  row.expires_s = kNow - 50 * kDay + random() % (100 * kDay);
  row.bad = random() % 4 == 0, row.verified = random() % 2 == 0;
  if (random() % 4 == 0) row.delete_s = kNow - kDay + random() % (2 * kDay);
  return row;
}

}  // namespace

TEST_CASE("What has expired goes, but for the newest three") {
  CHECK(fates({aged(50), aged(40), aged(35), aged(33), aged(31)}) == "qqkkk");
  CHECK(fates({aged(50), aged(40), aged(35), aged(33), aged(29)}) == "qqkkk");
  CHECK(fates({aged(29), aged(20), aged(10), aged(5), aged(1)}) == "kkkkk");
  CHECK(fates({}).empty());
}

TEST_CASE("Each target keeps its own") {
  CHECK(fates({aged(50, "a"), aged(60, "b"), aged(40, "a"), aged(70, "b")}, {{}, 1}) == "qkkq");
}

TEST_CASE("People may say how old is too old, and how many stay") {
  CHECK(fates({aged(9), aged(8), aged(2), aged(1)}, {5 * kDay, 1}) == "qqkk");
  CHECK(fates({aged(50), aged(8), aged(2)}, {60 * kDay, 1}) == "kkk");
  CHECK(fates({aged(9), aged(8), aged(2)}, {0, 0}) == "qqk");  // the last good one stays even so
}

TEST_CASE("Bad archives go first and do not count among those that stay") {
  CHECK(fates({aged(50), aged(45), bad(aged(40)), bad(aged(35))}, {{}, 2}) == "kkqq");
  CHECK(fates({bad(aged(50)), bad(aged(40))}, {{}, 3}) == "qk");  // all that there is
  CHECK(fates({aged(50), bad(aged(40))}, {{}, 0}) == "kq");
  CHECK(fates({aged(50), bad(aged(20))}, {{}, 0}) == "kk");  // its time has not come
}

TEST_CASE("The newest that was verified stays beside the newest") {
  auto unread = aged(40);
  unread.verified = false;
  CHECK(fates({aged(60), aged(50), unread}, {{}, 1}) == "qkk");
}

TEST_CASE("What is in quarantine is deleted when its day has passed, unless nothing good is left") {
  const auto over = put_away(aged(60), kNow), waits = put_away(aged(60), kNow + 1);
  CHECK(fates({over, waits, aged(1)}) == "dkk");
  CHECK(fates({over, waits}) == "kk");
  CHECK(fates({over, bad(aged(1))}) == "kk");
  CHECK(fates({over}, {{}, 0, true}) == "d");  // crash archives stand alone
}

TEST_CASE("Crash archives are kept by their time alone") {
  CHECK(fates({aged(31), aged(29), bad(aged(40))}, {{}, 3, true}) == "qkq");
}

TEST_CASE("Each verdict says why") {
  const auto verdicts = judge_retention(
      {aged(33), aged(10), put_away(aged(60), kNow + 3 * 3600), bad(aged(31))}, kNow, {{}, 1, false});
  CHECK(verdicts[0].reason == "expired 3 days ago");
  CHECK(verdicts[1].reason == "expires in 20 days");
  CHECK(verdicts[2].reason == "in quarantine for 3 hours more");
  CHECK(verdicts[3].reason == "expired 24 hours ago, and bad");
  CHECK(judge_retention({aged(33)}, kNow, {})[0].reason == "the last good one");
  CHECK(name(Fate::kQuarantine) == "quarantine");
}

TEST_CASE("Whatever there is, nothing goes before its time and never the last good one") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::vector<RetentionRow> rows;
    for (std::uint64_t i = 0; i < random() % 12; ++i) rows.push_back(any_row(random, i));
    std::shuffle(rows.begin(), rows.end(), random);
    RetentionOptions options;
    options.keep_last = random() % 5;
    if (random() % 2 == 0) options.older_than_s = random() % (100 * kDay);
    const auto verdicts = judge_retention(rows, kNow, options);
    REQUIRE(verdicts.size() == rows.size());
    std::map<std::string, std::vector<std::size_t>> good;  // listed, by order
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const RetentionRow& row = rows[i];
      const bool due =
          options.older_than_s ? kNow - row.time_s >= *options.older_than_s : row.expires_s <= kNow;
      const Fate fate = verdicts[i].fate;
      REQUIRE((fate != Fate::kQuarantine || (due && row.delete_s == 0)));
      REQUIRE((fate != Fate::kDelete || (row.delete_s != 0 && row.delete_s <= kNow)));
      REQUIRE_FALSE(verdicts[i].reason.empty());
      if (row.delete_s == 0 && !row.bad) good[row.series].push_back(i);
    }
    for (auto& [series, listed] : good) {
      std::sort(listed.begin(), listed.end(),
                [&](std::size_t a, std::size_t b) { return rows[a].order > rows[b].order; });
      const auto stay = std::min(listed.size(), std::max<std::size_t>(options.keep_last, 1));
      for (std::size_t i = 0; i < stay; ++i) REQUIRE(verdicts[listed[i]].fate == Fate::kKeep);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (verdicts[i].fate == Fate::kDelete) REQUIRE_FALSE(good[rows[i].series].empty());
    }
    // Judging again what is left after the plan was carried out quarantines nothing more.
    std::vector<RetentionRow> left;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (verdicts[i].fate == Fate::kKeep) left.push_back(rows[i]);
    }
    for (const auto& verdict : judge_retention(left, kNow, options))
      REQUIRE(verdict.fate != Fate::kQuarantine);
  }
}

}  // namespace fuzzmill::store
