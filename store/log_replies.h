// How Redis' answers about streams and groups are read. For store/event_log*.cc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "store/event_log.h"
#include "store/loans.h"
#include "store/redis.h"

namespace fuzzmill::store {

// Fills id, event and bucket from [id, [field, value, …]].
void fill_entry(const Reply& row, LogEntry& entry);

// The id in a reply that is one; 0-0 else.
EntryId entry_id_of(const redisReply& reply);
// The value of a field in a reply of [name, value, …]; nullptr without one.
const redisReply* field_in(const redisReply& row, std::string_view name);

// Adds what XREADGROUP handed out: nil, or [[stream, [[id, [field, value, …]], …]], …].
void read_group_reply(const redisReply& reply, schema::Stage stage, std::vector<LogEntry>& out);

// The value after `name` in [name, value, name, value, …]; a nil reply when there is none.
const Reply& field_of(const Reply& row, std::string_view name);

// How far a topic may be trimmed: the first entry that some group has not finished (pending, on loan to a
// broker, or not yet handed out), and how many entries there are.
class Floor {
 public:
  // Appends the commands that ask for it; their replies go to take(), in order. No transaction, since Redis
  // refuses those when its memory is used up, and trimming is the way out of that. So the order of the
  // commands matters: an entry goes from waiting to the loans or the pending ones, and from the loans to
  // the pending ones, never back; looked at in this order, none is missed on its way.
  Floor(Redis& redis, schema::Topic topic);

  // True when that was the last one.
  bool take(const redisReply& reply);

  bool known() const { return known_; }
  const EntryId& id() const { return id_; }  // REQUIRES: known()
  std::uint64_t length() const { return length_; }

 private:
  void lower(const EntryId& id) { id_ = std::min(id_, id); }

  std::size_t groups_ = 0;  // that there must be
  std::size_t next_ = 0;
  bool known_ = true;
  EntryId id_{UINT64_MAX, UINT64_MAX};
  std::uint64_t length_ = 0;
};
// Asks and waits. kUnavailable when it cannot be told.
schema::Result<Floor> first_unfinished(Redis& redis, schema::Topic topic);

}  // namespace fuzzmill::store
