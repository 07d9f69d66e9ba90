// Trimming in step with appending. An entry that is appended takes memory of Redis, one that is trimmed gives
// it back; done one for one, Redis appends into the pages that were just freed. Trimmed in bulk, its
// allocator splits what comes back, and each second appended event touches a page for the first time, which
// costs more than appending it.
//
// Pure; one for each topic of a committer.
#pragma once

#include <cstddef>
#include <deque>

#include "store/loans.h"

namespace fuzzmill::broker {

class TrimPace {
 public:
  // About to append an entry of `size` bytes: before which entry to trim the stream with it, if at all.
  // Entries before `floor` are finished. 0-0 is no trim.
  store::EntryId trim_with(std::size_t size, const store::EntryId& floor) {
    store::EntryId to;
    due_ += size + kOverhead;
    if (due_ < kStep) return to;
    due_ = 0;
    // Two steps while there is a second one: so it catches up when stages were slow for a while.
    for (int i = 0; i < 2 && !steps_.empty() && steps_.front() <= floor; ++i) {
      to = steps_.front();
      steps_.pop_front();
    }
    return to;
  }

  void appended(const store::EntryId& id, std::size_t size) {
    behind_ += size + kOverhead;
    if (behind_ < kStep) return;
    behind_ = 0;
    steps_.push_back(id);
    if (steps_.size() > kMostSteps) steps_.pop_front();
  }

 private:
  static constexpr std::size_t kStep = 8 * 1024;  // bytes; half a node of the stream
  static constexpr std::size_t kOverhead = 32;    // bytes of an entry beside its event
  static constexpr std::size_t kMostSteps = 100'000;

  std::deque<store::EntryId> steps_;  // entries at each kStep bytes
  std::size_t due_ = 0, behind_ = 0;
};

}  // namespace fuzzmill::broker
