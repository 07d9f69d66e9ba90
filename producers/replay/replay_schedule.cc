#include "producers/replay/replay_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "producers/replay/replay_job.h"

namespace fuzzmill::producers {
namespace {

struct Turn {
  std::size_t each;  // so many turns
  ReplayLane lane;
};
// The first that is due and has something is served; then, whatever the turn, the lanes in their order.
constexpr std::array<Turn, 2> kTurns{{{16, ReplayLane::kMinimise}, {4, ReplayLane::kSlow}}};

}  // namespace

ReplaySchedule::ReplaySchedule(const ReplayScheduleLimits& limits) : limits_(limits) {}
ReplaySchedule::~ReplaySchedule() = default;

std::size_t ReplaySchedule::waiting(ReplayLane lane) const {
  return lanes_[static_cast<std::size_t>(lane)].size;
}

std::size_t ReplaySchedule::waiting_of(const std::string& target) const {
  const auto found = of_target_.find(target);
  return found == of_target_.end() ? 0 : found->second;
}

schema::Status ReplaySchedule::push(ReplayLane lane, const std::string& target,
                                    std::unique_ptr<ReplayJob>& job) {
  if (waiting_ >= limits_.waiting) {
    return schema::unavailable(fmt::format("{} replays wait already", waiting_));
  }
  if (const auto own = waiting_of(target); own >= limits_.waiting_of_target) {
    return schema::unavailable(fmt::format("{}: {} of its replays wait already", target, own));
  }
  move_to(lane, target, std::move(job));
  return {};
}

void ReplaySchedule::count(Lane& lane, const std::string& target) {
  ++lane.size, ++waiting_, ++of_target_[target];
}

void ReplaySchedule::move_to(ReplayLane which, const std::string& target, std::unique_ptr<ReplayJob> job) {
  auto& lane = lanes_[static_cast<std::size_t>(which)];
  auto& own = lane.targets[target];
  if (own.empty()) lane.turns.push_back(target);
  own.push_back(std::move(job));
  count(lane, target);
}

void ReplaySchedule::put_back(ReplayLane which, const std::string& target, std::unique_ptr<ReplayJob> job) {
  auto& lane = lanes_[static_cast<std::size_t>(which)];
  auto& own = lane.targets[target];
  if (!own.empty()) lane.turns.erase(std::find(lane.turns.begin(), lane.turns.end(), target));
  lane.turns.push_front(target);
  own.push_front(std::move(job));
  count(lane, target);
}

std::unique_ptr<ReplayJob> ReplaySchedule::take(Lane& lane) {
  const std::string target = std::move(lane.turns.front());
  lane.turns.pop_front();
  const auto own = lane.targets.find(target);
  auto job = std::move(own->second.front());
  own->second.pop_front();
  if (own->second.empty()) {
    lane.targets.erase(own);  // targets come and go; memory must not
  } else {
    lane.turns.push_back(target);
  }
  --lane.size, --waiting_;
  if (const auto count = of_target_.find(target); --count->second == 0) of_target_.erase(count);
  return job;
}

std::unique_ptr<ReplayJob> ReplaySchedule::pop() {
  if (waiting_ == 0) return nullptr;
  ++turn_;
  for (const auto& [each, which] : kTurns) {
    auto& lane = lanes_[static_cast<std::size_t>(which)];
    if (turn_ % each == 0 && lane.size > 0) return take(lane);
  }
  for (auto& lane : lanes_) {
    if (lane.size > 0) return take(lane);
  }
  return nullptr;
}

}  // namespace fuzzmill::producers
