// Whose turn it is: the order of the replays that wait. Pure. Not thread safe.
//
// Three lanes. Fresh crashes come first; what is known to take long (a timeout to bear out, a replay that
// took long once) waits in the slow lane, which has each fourth turn; minimising has each sixteenth. An idle
// queue serves any lane. Within a lane targets take turns, and a target's own are first in, first out: one
// that floods waits for itself.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "schema/result.h"

namespace fuzzmill::producers {

struct ReplayJob;  // what waits; replay_queue.h knows it

enum class ReplayLane { kFresh, kSlow, kMinimise };

struct ReplayScheduleLimits {
  std::size_t waiting = 10'000;  // in all lanes
  std::size_t waiting_of_target = 2'000;
};

class ReplaySchedule {
 public:
  explicit ReplaySchedule(const ReplayScheduleLimits& limits);
  ~ReplaySchedule();
  ReplaySchedule(const ReplaySchedule&) = delete;

  // kUnavailable: full, for all or for this target; later may help.
  schema::Status push(ReplayLane lane, const std::string& target, std::unique_ptr<ReplayJob>& job);
  // One that had its turn and is not done: it is the next of this lane, so that few are under way at once.
  void put_back(ReplayLane lane, const std::string& target, std::unique_ptr<ReplayJob> job);
  // One that changes lanes, at the end of the other; never refused.
  void move_to(ReplayLane lane, const std::string& target, std::unique_ptr<ReplayJob> job);
  // Null: nothing waits.
  std::unique_ptr<ReplayJob> pop();

  std::size_t waiting() const { return waiting_; }
  std::size_t waiting(ReplayLane lane) const;
  std::size_t waiting_of(const std::string& target) const;

 private:
  struct Lane {
    std::map<std::string, std::deque<std::unique_ptr<ReplayJob>>> targets;
    std::deque<std::string> turns;  // targets that have something here, next first
    std::size_t size = 0;
  };
  std::unique_ptr<ReplayJob> take(Lane& lane);
  void add(ReplayLane lane, const std::string& target, std::unique_ptr<ReplayJob> job, bool first);

  ReplayScheduleLimits limits_;
  std::array<Lane, 3> lanes_;
  std::map<std::string, std::size_t> of_target_;
  std::size_t waiting_ = 0;
  std::size_t turn_ = 0;
};

}  // namespace fuzzmill::producers
