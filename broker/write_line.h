// Many callers, one writer: who comes while a write is under way waits in line, and the next write takes all
// that came meanwhile, so that they share its cost (a sync of the disk).
//
// Threads: pass() from any thread. An item lives until its pass() returns.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

namespace fuzzmill::broker {

template <class Item>
class WriteLine {
 public:
  explicit WriteLine(std::size_t most) : most_(most) {}

  // Returns when write(std::vector<Item*>) was called with `item` among others, by this thread or another.
  // One write at a time, items in the order in which they came. When a write throws, so does the pass() of
  // each of its items; when there is no memory for a write, that of the one who was to make it. The others go
  // on.
  template <class Write>
  void pass(Item& item, Write&& write) {
    Place place{&item, false, nullptr};
    std::unique_lock lock(mutex_);
    line_.push_back(&place);
    while (!place.done) {
      if (writing_) {
        turn_.wait(lock);
      } else {
        lead(place, lock, write);
      }
    }
    if (place.failed) std::rethrow_exception(place.failed);
  }

 private:
  struct Place {
    Item* item;
    bool done;
    std::exception_ptr failed;
  };

  // Writes what stands first in line, `mine` among it or not.
  template <class Write>
  void lead(Place& mine, std::unique_lock<std::mutex>& lock, Write&& write) {
    std::vector<Place*> together;
    std::vector<Item*> items;
    const auto count = std::min(line_.size(), most_);
    try {
      together.reserve(count);
      items.reserve(count);
    } catch (...) {
      std::erase(line_, &mine);
      turn_.notify_all();
      throw;
    }
    for (; together.size() < count; line_.pop_front()) {
      together.push_back(line_.front());
      items.push_back(line_.front()->item);
    }
    writing_ = true;
    lock.unlock();
    std::exception_ptr failed;
    try {
      write(items);
    } catch (...) {
      failed = std::current_exception();
    }
    lock.lock();
    for (Place* one : together) one->done = true, one->failed = failed;
    writing_ = false;
    turn_.notify_all();
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::deque<Place*> line_;
  bool writing_ = false;
};

// All with one write, and where that fails each alone, in order. `write` takes pointers, and false is failed.
template <class Item, class Write>
void together_or_each(const std::vector<Item*>& items, Write&& write) {
  if (items.empty() || write(items) || items.size() == 1) return;
  for (Item* one : items) write({one});
}

}  // namespace fuzzmill::broker
