// What this broker has just appended to the log, kept in memory so that it can be handed out without being
// read back from Redis. A bounded copy of the newest entries and no more: whatever is not here is read.
//
// Threads: all calls are safe from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "schema/topic.h"
#include "store/event_log.h"

namespace fuzzmill::broker {

class Recent {
 public:
  // `most_bytes` of events in all; past it the oldest of the topic that grows are let go.
  explicit Recent(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // Entries that stand next to each other in the stream, after `before`.
  void add(schema::Topic topic, const store::EntryId& before, std::vector<store::Appended> entries);

  // Up to `count` entries that follow `cursor` with nothing in between. Empty when that is not known.
  std::vector<store::Appended> after(schema::Topic topic, const store::EntryId& cursor,
                                     std::size_t count) const;

  // Whether `cursor` is the newest entry that was added: then Redis has more only if others append, too.
  bool at_end(schema::Topic topic, const store::EntryId& cursor) const;

  // Every group has handed out what comes before and `cursor` itself.
  void forget(schema::Topic topic, const store::EntryId& cursor);

  std::size_t bytes() const;

 private:
  struct Item {
    store::EntryId before;  // the entry before it in the stream
    store::Appended entry;
  };
  using Items = std::deque<Item>;
  void drop_front(Items& items);

  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::array<Items, schema::kTopicCount> items_;
  std::array<store::EntryId, schema::kTopicCount> newest_{};
};

}  // namespace fuzzmill::broker
