#include "workers/classify/priority.h"

#include "tests/catch.h"

using namespace fuzzmill::workers;
using fuzzmill::schema::Severity;

namespace {

constexpr std::uint64_t kNow = 1'750'000'000'000;
constexpr std::uint64_t kDay = 86'400'000;

PriorityFacts group(Severity severity) {
  PriorityFacts facts;
  facts.severity = severity;
  facts.first_seen_ms = facts.last_seen_ms = kNow;
  return facts;
}

double value(const PriorityFacts& facts) { return priority_of(facts, kNow).value; }

}  // namespace

TEST_CASE("the priority is the product of its four factors, as the formula says") {
  PriorityFacts facts = group(Severity::kHigh);
  facts.replays = 5, facts.reproduced = 5, facts.nodes = 2, facts.targets = 1;
  facts.first_seen_ms = kNow - 7 * kDay;
  const Priority got = priority_of(facts, kNow);
  CHECK(got.severity == 16);
  CHECK(got.reproducibility > 0.892);
  CHECK(got.reproducibility < 0.893);
  CHECK(got.newness == 0.75);
  CHECK(got.spread == 1.25);
  CHECK(got.value == got.severity * got.reproducibility * got.newness * got.spread);
  CHECK(explain_priority(facts, got, kNow) ==
        "13.4 = 16 (HIGH) × 0.89 (5 of 5 replays crashed again) × 0.75 (new 7.0 days ago) × 1.25 (2 nodes, 1 "
        "target)");
  CHECK(priority_formula().find("severity") != std::string_view::npos);
}

TEST_CASE("each factor moves a group the way it should") {
  const PriorityFacts plain = group(Severity::kMedium);
  PriorityFacts other = plain;
  other.replays = other.reproduced = 3;
  CHECK(value(other) > value(plain));
  other.replays = other.reproduced = 30;
  CHECK(value(other) > value(plain));
  other.reproduced = 0;
  CHECK(value(other) < value(plain));
  other = plain, other.first_seen_ms -= kDay;
  CHECK(value(other) < value(plain));
  other.returned = true;  // its last crash is new
  CHECK(value(other) == value(plain));
  other = plain, other.nodes = 4;
  CHECK(value(other) > value(plain));
  other.targets = 4;
  CHECK(priority_of(other, kNow).spread == 2);
}

TEST_CASE("a fresh MEDIUM goes before a worn-out HIGH, but LOW never before HIGH") {
  PriorityFacts worn = group(Severity::kHigh), fresh = group(Severity::kMedium), low = group(Severity::kLow);
  worn.first_seen_ms = 0, worn.replays = 1000;
  fresh.replays = fresh.reproduced = 1000, fresh.nodes = fresh.targets = 1000;
  low.replays = low.reproduced = UINT64_MAX, low.nodes = low.targets = UINT64_MAX;
  CHECK(value(fresh) > value(worn));
  CHECK(value(low) < value(worn));
}

TEST_CASE("numbers that cannot be do no harm") {
  PriorityFacts odd = group(Severity::kLow);
  odd.first_seen_ms = UINT64_MAX, odd.replays = 1, odd.reproduced = 9, odd.nodes = 0, odd.targets = 0;
  const Priority got = priority_of(odd, kNow);
  CHECK(got.newness == 1);
  CHECK(got.reproducibility == 0.75);
  CHECK(got.spread == 1);
}
