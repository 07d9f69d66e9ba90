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

// Whole or not at all, where memory is out.
void ReplaySchedule::add(ReplayLane which, const std::string& target, std::unique_ptr<ReplayJob> job,
                         bool first) {
  auto& lane = lanes_[static_cast<std::size_t>(which)];
  auto& count = of_target_[target];
  auto& own = lane.targets[target];
  const bool has_turn = !own.empty();
  auto& place = first ? own.emplace_front() : own.emplace_back();
  if (has_turn && first) {
    const auto turn = std::find(lane.turns.begin(), lane.turns.end(), target);
    std::rotate(lane.turns.begin(), turn, turn + 1);
  } else if (!has_turn) {
    try {
      lane.turns.insert(first ? lane.turns.begin() : lane.turns.end(), target);
    } catch (...) {
      own.clear();
      throw;
    }
  }
  place = std::move(job);
  ++lane.size, ++waiting_, ++count;
}

void ReplaySchedule::move_to(ReplayLane which, const std::string& target, std::unique_ptr<ReplayJob> job) {
  add(which, target, std::move(job), false);
}

void ReplaySchedule::put_back(ReplayLane which, const std::string& target, std::unique_ptr<ReplayJob> job) {
  add(which, target, std::move(job), true);
}

std::unique_ptr<ReplayJob> ReplaySchedule::take(Lane& lane) {
  const std::string target = lane.turns.front();
  const auto own = lane.targets.find(target);
  if (own->second.size() > 1) lane.turns.push_back(target);
  lane.turns.pop_front();
  auto job = std::move(own->second.front());
  own->second.pop_front();
  if (own->second.empty()) lane.targets.erase(own);  // targets come and go; memory must not
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
