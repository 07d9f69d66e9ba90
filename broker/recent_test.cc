#include "broker/recent.h"

#include "tests/catch.h"

using namespace fuzzmill;
using broker::Recent;
using schema::Topic;
using store::Appended;
using store::EntryId;

namespace {

std::vector<Appended> entries(std::uint64_t first, std::uint64_t last, std::size_t size = 10) {
  std::vector<Appended> entries;
  for (std::uint64_t n = first; n <= last; ++n) entries.push_back({{7, n}, std::string(size, 'e'), n});
  return entries;
}

std::vector<std::uint64_t> numbers(const std::vector<Appended>& entries) {
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : entries) numbers.push_back(entry.id.n);
  return numbers;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("what was appended is there for a cursor that stands before it or within it") {
  Recent recent(1 << 20);
  recent.add(Topic::kHeartbeat, {6, 3}, entries(1, 4));
  CHECK(numbers(recent.after(Topic::kHeartbeat, {6, 3}, 10)) == Numbers{1, 2, 3, 4});
  CHECK(numbers(recent.after(Topic::kHeartbeat, {7, 2}, 10)) == Numbers{3, 4});
  CHECK(numbers(recent.after(Topic::kHeartbeat, {6, 3}, 2)) == Numbers{1, 2});
  CHECK(recent.after(Topic::kHeartbeat, {7, 4}, 10).empty());
  CHECK(recent.after(Topic::kCrashFound, {6, 3}, 10).empty());
}

TEST_CASE("nothing is handed out over a gap: what stands there came from elsewhere") {
  Recent recent(1 << 20);
  recent.add(Topic::kHeartbeat, {7, 0}, entries(1, 2));
  recent.add(Topic::kHeartbeat, {7, 4}, entries(5, 6));
  CHECK(recent.after(Topic::kHeartbeat, {6, 9}, 10).empty());
  CHECK(numbers(recent.after(Topic::kHeartbeat, {7, 0}, 10)) == Numbers{1, 2});
  CHECK(recent.after(Topic::kHeartbeat, {7, 2}, 10).empty());
  CHECK(recent.after(Topic::kHeartbeat, {7, 3}, 10).empty());
  CHECK(numbers(recent.after(Topic::kHeartbeat, {7, 4}, 10)) == Numbers{5, 6});
}

TEST_CASE("what every group has handed out is forgotten") {
  Recent recent(1 << 20);
  recent.add(Topic::kHeartbeat, {7, 0}, entries(1, 4));
  recent.forget(Topic::kHeartbeat, {7, 3});
  CHECK(recent.after(Topic::kHeartbeat, {7, 0}, 10).empty());
  CHECK(numbers(recent.after(Topic::kHeartbeat, {7, 3}, 10)) == Numbers{4});
  recent.forget(Topic::kHeartbeat, {7, 4});
  CHECK(recent.bytes() == 0);
}

TEST_CASE("at the end of what was appended there is nothing more, as far as is known") {
  Recent recent(1 << 20);
  CHECK_FALSE(recent.at_end(Topic::kHeartbeat, {}));
  recent.add(Topic::kHeartbeat, {7, 0}, entries(1, 4));
  CHECK_FALSE(recent.at_end(Topic::kHeartbeat, {7, 3}));
  CHECK(recent.at_end(Topic::kHeartbeat, {7, 4}));
  recent.forget(Topic::kHeartbeat, {7, 4});
  CHECK(recent.at_end(Topic::kHeartbeat, {7, 4}));
  CHECK_FALSE(recent.at_end(Topic::kCrashFound, {7, 4}));
}

TEST_CASE("past the bound the oldest are let go") {
  Recent recent(10'000);
  recent.add(Topic::kHeartbeat, {7, 0}, entries(1, 8, 2000));
  CHECK(recent.bytes() <= 10'000);
  CHECK(recent.after(Topic::kHeartbeat, {7, 0}, 10).empty());
  CHECK(numbers(recent.after(Topic::kHeartbeat, {7, 4}, 10)) == Numbers{5, 6, 7, 8});
  recent.add(Topic::kHeartbeat, {7, 8}, entries(9, 9, 20'000));  // alone over the bound
  CHECK(recent.bytes() == 0);
}
