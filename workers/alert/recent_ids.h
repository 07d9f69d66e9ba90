// The last so many event ids, oldest forgotten first. Threads: one at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

#include "schema/event.h"

namespace fuzzmill::workers {

class RecentIds {
 public:
  explicit RecentIds(std::size_t most) : most_(most) {}

  bool has(const schema::EventId& id) const { return ids_.count(key(id)) != 0; }
  void add(const schema::EventId& id) {
    if (!ids_.insert(key(id)).second) return;
    order_.push_back(key(id));
    if (order_.size() <= most_) return;
    ids_.erase(order_.front());
    order_.pop_front();
  }

 private:
  static std::string key(const schema::EventId& id) { return {id.bytes.begin(), id.bytes.end()}; }

  std::size_t most_;
  std::unordered_set<std::string> ids_;
  std::deque<std::string> order_;
};

}  // namespace fuzzmill::workers
