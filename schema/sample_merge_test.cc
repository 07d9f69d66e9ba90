#include "schema/sample_merge.h"

#include "tests/catch.h"

using namespace fuzzmill::schema;

namespace {

ResourceSample sample(std::uint64_t interval_ms, double cpu, double rss, double exec,
                      std::uint64_t executions) {
  ResourceSample body;
  body.interval_ms = interval_ms, body.cpu_percent = cpu, body.rss_mb = rss;
  body.exec_per_second = exec, body.executions = executions;
  return body;
}

}  // namespace

TEST_CASE("two samples become their mean by time, with the least and the most, and the last counters") {
  auto first = sample(30'000, 100, 200, 1'000, 5);
  first.oom_kills = 1, first.crashes = 3, first.state = "running";
  auto second = sample(90'000, 20, 400, 200, 9);
  second.state = "slow";
  const auto both = merged(first, second);
  CHECK(both.merged == 2);
  CHECK(both.interval_ms == 120'000);
  CHECK(both.cpu_percent == Approx(40));
  CHECK(both.cpu_min == 20);
  CHECK(both.cpu_max == 100);
  CHECK(both.rss_mb == Approx(350));
  CHECK(both.rss_min == 200);
  CHECK(both.rss_max == 400);
  CHECK(both.exec_per_second == Approx(400));
  CHECK(both.exec_min == 200);
  CHECK(both.exec_max == 1'000);
  CHECK(both.executions == 9);
  CHECK(both.crashes == 3);
  CHECK(both.oom_kills == 1);
  CHECK(both.state == "slow");
}

TEST_CASE("merging one after the other or in pairs gives the same") {
  const ResourceSample all[] = {sample(30'000, 90, 100, 10, 1), sample(30'000, 10, 300, 20, 2),
                                sample(30'000, 50, 200, 90, 3), sample(30'000, 30, 500, 40, 4)};
  const auto line = merged(merged(merged(all[0], all[1]), all[2]), all[3]);
  const auto pairs = merged(merged(all[0], all[1]), merged(all[2], all[3]));
  for (const auto& one : {line, pairs}) {
    CHECK(one.merged == 4);
    CHECK(one.interval_ms == 120'000);
    CHECK(one.cpu_percent == Approx(45));
    CHECK(one.cpu_min == 10);
    CHECK(one.cpu_max == 90);
    CHECK(one.rss_max == 500);
    CHECK(one.exec_per_second == Approx(40));
    CHECK(one.exec_max == 90);
    CHECK(one.executions == 4);
  }
}

TEST_CASE("samples that say nothing of executions or have no length merge all the same") {
  ResourceSample empty;
  auto known = sample(0, 5, 6, 7, 8);
  const auto both = merged(known, empty);
  CHECK(both.exec_per_second == 7);
  CHECK(both.exec_min == 7);
  CHECK(both.executions == 8);
  CHECK(both.cpu_percent == 0);
  CHECK(both.cpu_max == 5);
  CHECK_FALSE(merged(empty, empty).exec_min.has_value());
  CHECK_FALSE(merged(empty, empty).oom_kills.has_value());
}
