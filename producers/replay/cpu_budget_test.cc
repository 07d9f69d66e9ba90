#include "producers/replay/cpu_budget.h"

#include <deque>
#include <utility>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;
using Time = CpuBudget::Time;

}  // namespace

TEST_CASE("no window spends more than its share, but for the one replay that was running") {
  const CpuBudgetOptions options{0.5, 600s};
  for (const auto cost : {50ms, 3000ms, 60'000ms}) {
    Time now{};
    CpuBudget budget(options, now);
    std::deque<std::pair<Time, std::chrono::milliseconds>> spent;
    std::chrono::milliseconds in_window{}, all{};
    // A greedy queue, for six hours: each replay takes as long as it costs.
    while (now < Time{} + 6h) {
      now = budget.next(now);
      REQUIRE(budget.may_start(now));
      now += cost;
      budget.charge(cost, now);
      spent.emplace_back(now, cost), in_window += cost, all += cost;
      while (spent.front().first <= now - options.window)
        in_window -= spent.front().second, spent.pop_front();
      REQUIRE(in_window <= 300s + cost);
    }
    CHECK(all > 6h * 0.44);  // and it is not stingy
    CHECK(all < 6h * 0.51);
  }
}

TEST_CASE("a quiet time is saved up, to the burst and not over it") {
  Time now{};
  CpuBudget budget({0.5, 600s}, now);
  now += 24h;
  CHECK(budget.next(now) == now);
  budget.charge(31s, now);  // over the burst of 30 s
  CHECK_FALSE(budget.may_start(now));
  CHECK(budget.next(now) > now + 2s);
  CHECK(budget.next(now) < now + 3s);
}

TEST_CASE("a clock that stands still or a share of nothing stop no one for good") {
  Time now{};
  CpuBudget unbounded({0, 600s}, now);
  unbounded.charge(1h, now);
  CHECK(unbounded.may_start(now));
  CpuBudget budget({0.5, 600s}, now + 10s);
  budget.charge(40s, now);  // from before it began
  CHECK_FALSE(budget.may_start(now));
  CHECK(budget.may_start(budget.next(now + 20s)));
}

}  // namespace fuzzmill::producers
