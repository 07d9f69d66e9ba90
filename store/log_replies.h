// How Redis' answers about streams and groups are read. For store/event_log*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "store/event_log.h"
#include "store/redis.h"

namespace fuzzmill::store {

// An entry id "<ms>-<n>", ordered as Redis orders it.
struct EntryId {
  std::uint64_t ms = 0;
  std::uint64_t n = 0;
  std::string text = "0-0";
  friend bool operator<(const EntryId& a, const EntryId& b) { return a.ms != b.ms ? a.ms < b.ms : a.n < b.n; }
};
EntryId parse_entry_id(std::string_view text);
EntryId next_entry_id(const EntryId& id);

// Fills id, event and bucket from [id, [field, value, …]].
void fill_entry(const Reply& row, LogEntry& entry);

// Adds what XREADGROUP handed out: nil, or [[stream, [[id, [field, value, …]], …]], …].
void read_group_reply(const redisReply& reply, schema::Stage stage, std::vector<LogEntry>& out);

// The value after `name` in [name, value, name, value, …]; a nil reply when there is none.
const Reply& field_of(const Reply& row, std::string_view name);

// The first entry of a topic that some group has not finished (handed out but not acknowledged, or not
// yet handed out): everything before it may go.
schema::Result<EntryId> first_unfinished(Redis& redis, schema::Topic topic);

}  // namespace fuzzmill::store
