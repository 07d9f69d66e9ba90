// Many callers, one writer: who comes while a write is under way waits in line, and the next write takes all
// that came meanwhile, so that they share its cost (a sync of the disk).
//
// Threads: pass() from any thread. An item lives until its pass() returns.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace fuzzmill::broker {

template <class Item>
class WriteLine {
 public:
  explicit WriteLine(std::size_t most) : most_(most) {}

  // Returns when write(std::vector<Item*>) was called with `item` among others, by this thread or another.
  // One write at a time, items in the order in which they came. `write` must not throw.
  template <class Write>
  void pass(Item& item, Write&& write) {
    Place place{&item};
    std::unique_lock lock(mutex_);
    line_.push_back(&place);
    while (!place.done) {
      if (writing_) {
        turn_.wait(lock);
        continue;
      }
      writing_ = true;
      const auto end = line_.begin() + static_cast<std::ptrdiff_t>(std::min(line_.size(), most_));
      const std::vector<Place*> together(line_.begin(), end);
      line_.erase(line_.begin(), end);
      lock.unlock();
      std::vector<Item*> items;
      for (const Place* one : together) items.push_back(one->item);
      write(items);
      lock.lock();
      for (Place* one : together) one->done = true;
      writing_ = false;
      turn_.notify_all();
    }
  }

 private:
  struct Place {
    Item* item;
    bool done = false;
  };

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::deque<Place*> line_;
  bool writing_ = false;
};

}  // namespace fuzzmill::broker
