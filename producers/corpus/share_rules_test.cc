#include "producers/corpus/share_rules.h"

#include <string>

#include "tests/catch.h"

namespace fuzzmill::producers {

using namespace std::chrono_literals;

TEST_CASE("a budget is spent in a minute, comes back in a minute, and is not saved up") {
  ShareBudget budget(6000);
  const ShareBudget::Time start{1h};
  CHECK(budget.left(start) == 6000);
  budget.spend(6000, start);
  CHECK(budget.left(start) == 0);
  CHECK(budget.left(start + 30s) == 3000);
  CHECK(budget.left(start + 1h) == 6000);
  budget.spend(9000, start + 1h);  // one input that is larger than what was left
  CHECK(budget.left(start + 1h + 29s) == 0);
  CHECK(budget.left(start + 1h + 60s) == 3000);
  CHECK(budget.left(start) <= 3000);  // a clock does not go back; if it did, nothing would be won
  ShareBudget none(0);
  CHECK(none.left(start + 10h) == 0);
}

TEST_CASE("names that were seen are known after the look") {
  SeenNames seen;
  for (int i = 0; i < 1000; ++i) seen.add("a" + std::to_string(i));
  seen.settle();
  for (int i = 500; i < 1500; ++i) seen.add("a" + std::to_string(i));
  seen.settle();
  CHECK(seen.size() == 1500);
  CHECK(seen.contains("a0"));
  CHECK(seen.contains("a1499"));
  CHECK_FALSE(seen.contains("a1500"));
}

TEST_CASE("what came from others is remembered, the newest of it") {
  ForeignInputs foreign(3);
  for (const auto* text : {"1", "2", "3", "3", "4"}) foreign.add(schema::sha256(text));
  CHECK_FALSE(foreign.contains(schema::sha256("1")));
  for (const auto* text : {"2", "3", "4"}) CHECK(foreign.contains(schema::sha256(text)));
}

}  // namespace fuzzmill::producers
