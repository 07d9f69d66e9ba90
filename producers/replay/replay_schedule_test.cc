#include "producers/replay/replay_schedule.h"

#include "producers/replay/replay_job.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

std::unique_ptr<ReplayJob> job(const std::string& key) {
  auto made = std::make_unique<ReplayJob>();
  made->request.key = key;
  return made;
}

bool push(ReplaySchedule& schedule, ReplayLane lane, const std::string& target, const std::string& key) {
  auto made = job(key);
  return schedule.push(lane, target, made).ok();
}

std::string order(ReplaySchedule& schedule) {
  std::string keys;
  while (auto next = schedule.pop()) keys += next->request.key + " ";
  return keys;
}

}  // namespace

TEST_CASE("targets take turns, and each is served first in, first out") {
  ReplaySchedule schedule({});
  for (const char* key : {"a1", "a2", "a3"}) push(schedule, ReplayLane::kFresh, "a", key);
  push(schedule, ReplayLane::kFresh, "b", "b1");
  push(schedule, ReplayLane::kFresh, "c", "c1");
  push(schedule, ReplayLane::kFresh, "b", "b2");
  CHECK(order(schedule) == "a1 b1 c1 a2 b2 a3 ");
  CHECK(schedule.waiting() == 0);
  CHECK(schedule.pop() == nullptr);
}

TEST_CASE("fresh crashes come first, and the other lanes are not starved") {
  ReplaySchedule schedule({});
  for (int i = 0; i < 40; ++i) push(schedule, ReplayLane::kFresh, "a", "f");
  for (int i = 0; i < 40; ++i) push(schedule, ReplayLane::kSlow, "a", "s");
  for (int i = 0; i < 4; ++i) push(schedule, ReplayLane::kMinimise, "a", "m");
  std::string first;
  for (int i = 0; i < 16; ++i) first += schedule.pop()->request.key;
  CHECK(first == "fffsfffsfffsfffm");
  CHECK(schedule.waiting(ReplayLane::kMinimise) == 3);
  CHECK(schedule.waiting(ReplayLane::kSlow) == 37);
  while (schedule.waiting(ReplayLane::kFresh) > 0) schedule.pop();
  while (schedule.waiting(ReplayLane::kSlow) > 0) schedule.pop();
  CHECK(schedule.waiting() == schedule.waiting(ReplayLane::kMinimise));
}

TEST_CASE("what is put back is the next of its lane") {
  ReplaySchedule schedule({});
  push(schedule, ReplayLane::kSlow, "a", "a1");
  push(schedule, ReplayLane::kSlow, "b", "b1");
  push(schedule, ReplayLane::kSlow, "b", "b2");
  auto first = schedule.pop();
  REQUIRE(first->request.key == "a1");
  schedule.put_back(ReplayLane::kSlow, "a", std::move(first));
  auto again = schedule.pop();
  REQUIRE(again->request.key == "a1");
  schedule.put_back(ReplayLane::kSlow, "b", job("b0"));
  CHECK(order(schedule) == "b0 b1 b2 ");
}

TEST_CASE("a full schedule refuses, and one target cannot fill it for all") {
  ReplaySchedule schedule({5, 3});
  for (int i = 0; i < 3; ++i) CHECK(push(schedule, ReplayLane::kFresh, "a", "a"));
  CHECK_FALSE(push(schedule, ReplayLane::kSlow, "a", "a"));
  CHECK(schedule.waiting_of("a") == 3);
  CHECK(push(schedule, ReplayLane::kFresh, "b", "b"));
  CHECK(push(schedule, ReplayLane::kFresh, "c", "c"));
  auto refused = job("d");
  const auto status = schedule.push(ReplayLane::kFresh, "d", refused);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == schema::ErrorCode::kUnavailable);
  CHECK(refused != nullptr);  // the caller's still
  CHECK(schedule.pop() != nullptr);
  CHECK(push(schedule, ReplayLane::kFresh, "d", "d"));
}

}  // namespace fuzzmill::producers
