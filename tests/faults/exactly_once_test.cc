// Nothing lost, nothing counted twice: three publishers send 21,000 crashes of 200 known signatures while
// broker, workers and redis-server are killed with -9 and started again, each at least three times.
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <deque>
#include <thread>

#include "store/event_log.h"
#include "tests/catch.h"
#include "tests/faults/system.h"

using namespace fuzzmill;

namespace {

constexpr std::size_t kPublishers = 3;
constexpr std::size_t kEventsEach = 7000;
constexpr std::size_t kSignatures = 200;
constexpr int kRounds = 3;  // each kills all three

// Uneven on purpose: every group has a count of its own kind.
std::size_t signature_of(std::size_t publisher, std::size_t event) {
  const std::size_t n = publisher * kEventsEach + event;
  return n % 3 == 0 ? n % 7 : n % kSignatures;
}

std::uint64_t counted(tests::System& system) {
  std::uint64_t sum = 0;
  for (const auto& [id, row] : system.groups()) sum += row.count;
  return sum;
}

}  // namespace

TEST_CASE("every group's count is exact after broker, workers and Redis were killed again and again") {
  tests::System system({"n0", "n1", "n2"}, {"--max-attempts", "50"});
  std::deque<tests::Program> workers;
  for (int i = 0; i < 2; ++i) workers.push_back(system.worker({"fingerprint", "classify"}));
  std::map<std::string, std::uint64_t> expected;
  std::vector<std::string> reports;
  std::vector<std::string> group_of;
  for (std::size_t s = 0; s < kSignatures; ++s) {
    reports.push_back(tests::report_of(s));
    group_of.push_back(tests::group_of(reports.back()));
  }
  for (std::size_t p = 0; p < kPublishers; ++p) {
    for (std::size_t e = 0; e < kEventsEach; ++e) ++expected[group_of[signature_of(p, e)]];
  }
  REQUIRE(expected.size() == kSignatures);

  std::vector<std::unique_ptr<broker::Publisher>> publishers;
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> failed{0};
  for (std::size_t p = 0; p < kPublishers; ++p) {
    const std::string node = fmt::format("n{}", p);
    publishers.push_back(system.publisher(node));
    threads.emplace_back([&, p, node] {
      for (std::size_t e = 0; e < kEventsEach; ++e) {
        const auto put = publishers[p]->publish(
            tests::crash_of(node),
            {{"input", fmt::format("{}/{}", p, e % 50)}, {"report", reports[signature_of(p, e)]}});
        if (!put) ++failed;
      }
    });
  }

  // A kill each time that another share has been counted, so that each falls into the middle of work.
  const std::uint64_t share = kPublishers * kEventsEach / (kRounds * 3 + 2);
  std::uint64_t mark = share;
  for (int round = 0; round < kRounds; ++round) {
    REQUIRE(tests::eventually([&] { return counted(system) >= mark; }, 120));
    system.broker->kill_9();
    system.broker->start();
    mark += share;
    REQUIRE(tests::eventually([&] { return counted(system) >= mark; }, 120));
    tests::Program& worker = workers[static_cast<std::size_t>(round) % 2];
    worker.kill_9();
    worker.start();
    mark += share;
    REQUIRE(tests::eventually([&] { return counted(system) >= mark; }, 120));
    system.redis.kill_9();
    system.redis.restart();
    mark += share;
    std::fprintf(stderr, "round %d: %llu of %zu counted\n", round + 1,
                 static_cast<unsigned long long>(counted(system)), kPublishers * kEventsEach);
  }
  threads.clear();
  CHECK(failed.load() == 0);
  for (auto& publisher : publishers) REQUIRE(publisher->drain(std::chrono::seconds(120)));
  const std::vector ours = {schema::Stage::kFingerprint, schema::Stage::kClassify};
  const bool all_done = tests::eventually([&] { return system.unfinished(ours).empty(); }, 60);
  INFO(system.unfinished(ours));
  REQUIRE(all_done);

  const auto groups = system.groups();
  CHECK(groups.size() == kSignatures);
  std::size_t wrong = 0;
  for (const auto& [group, count] : expected) {
    const auto found = groups.find(group);
    if (found == groups.end() || found->second.count != count || found->second.severity.empty()) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(counted(system) == kPublishers * kEventsEach);
  auto connection = system.redis.connect();
  const auto dead = store::dead_letters(connection, 10);
  REQUIRE(dead);
  CHECK(dead->empty());
}
