// Handing out entries that the broker has in memory: the cursor of the group moves, the span is written,
// and the events do not cross Redis a second time.
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "store/event_log.h"
#include "store/log_replies.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Stage;
using schema::Topic;
namespace keys = schema::keys;

// Only when the cursor is where the broker believes it to be: then no entry is left out or handed out
// twice, however many brokers there are. Answers [1 or 0, where the cursor is now].
// KEYS: stream, loans. ARGV: group, cursor, first, last, count, field.
constexpr std::string_view kLend = R"(
local function fields_of(row)
  local fields = {}
  for i = 1, #row, 2 do fields[row[i]] = row[i + 1] end
  return fields
end
local group = {}
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local fields = fields_of(row)
  if fields['name'] == ARGV[1] then group = fields end
end
local at = group['last-delivered-id']
if at ~= ARGV[2] then return {0, at} end
local count = tonumber(ARGV[5])
local read = group['entries-read']  -- what Redis 7 counts the lag with; tell it, where it can be told
if read == false then
  local stream = fields_of(redis.call('XINFO', 'STREAM', KEYS[1]))
  if ARGV[4] == stream['last-generated-id'] then
    read = stream['entries-added'] - count
  elseif at == '0-0' and stream['entries-added'] == stream['length'] then
    read = 0
  end
end
local words = {'XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[4]}
if read then
  words[6] = 'ENTRIESREAD'
  words[7] = read + count
end
-- The span first: without memory Redis refuses it, and then the cursor must not have moved.
local spans = redis.call('HGET', KEYS[2], ARGV[6])
local span = ARGV[3] .. '..' .. ARGV[4] .. ':' .. ARGV[5]
redis.call('HSET', KEYS[2], ARGV[6], spans and spans .. ' ' .. span or span)
redis.call(unpack(words))
return {1, ARGV[4]}
)";

// KEYS: stream, loans. ARGV: group, consumer, field. Answers the ids.
constexpr std::string_view kTakeBack = R"(
local ids = {}
local spans = redis.call('HGET', KEYS[2], ARGV[3]) or ''
for first, last in string.gmatch(spans, '(%d+%-%d+)%.%.(%d+%-%d+)') do
  local from = first
  repeat
    local rows = redis.call('XRANGE', KEYS[1], from, last, 'COUNT', 100)
    if #rows > 0 then
      local words = {'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0}
      for _, row in ipairs(rows) do
        words[#words + 1] = row[1]
        ids[#ids + 1] = row[1]
      end
      words[#words + 1] = 'FORCE'
      words[#words + 1] = 'JUSTID'
      redis.call(unpack(words))
      from = '(' .. rows[#rows][1]
    end
  until #rows < 100
end
redis.call('HDEL', KEYS[2], ARGV[3])
return ids
)";

}  // namespace

void EventLog::append_lend(const LogTransaction::Lend& lend) {
  redis_.append({"EVAL", kLend, "2", keys::stream(lend.topic), keys::loans(lend.topic), name(lend.stage),
                 cursor(lend.topic, lend.stage).text(), lend.entries.front().id.text(),
                 lend.entries.back().id.text(), std::to_string(lend.entries.size()),
                 keys::loan(lend.stage, consumer_)});
}

void EventLog::lent(const LogTransaction::Lend& lend, const redisReply& reply, Committed& committed) {
  Group& g = group(lend.topic, lend.stage);
  if (reply.elements < 2) return;  // an error, which commit() has seen
  const EntryId from = std::exchange(g.cursor, entry_id_of(*reply.element[1]));
  if (reply.element[0]->integer == 0) {
    committed.moved[static_cast<std::size_t>(lend.stage)] = true;
    return;
  }
  std::vector<EntryId> ids;
  ids.reserve(lend.entries.size());
  for (const Appended& appended : lend.entries) {
    ids.push_back(appended.id);
    LogEntry& entry = committed.entries.emplace_back();
    entry.topic = lend.topic;
    entry.stage = lend.stage;
    entry.id = appended.id.text();
    entry.event = appended.event;
    entry.bucket = appended.bucket;
  }
  g.loans.lend(from, ids);
}

// From loan to pending, where they can be claimed: with the one delivery that they have had.
void EventLog::append_pending(Topic topic, Stage stage, const std::vector<EntryId>& ids) {
  constexpr std::size_t kPage = 512;
  for (std::size_t from = 0; from < ids.size(); from += kPage) {
    std::vector<std::string> words = {"XCLAIM", keys::stream(topic), std::string(name(stage)), consumer_,
                                      "0"};
    for (std::size_t i = from; i < std::min(ids.size(), from + kPage); ++i) words.push_back(ids[i].text());
    words.emplace_back("FORCE");
    words.emplace_back("JUSTID");
    redis_.append(words);
  }
}

Result<std::vector<LogEntry>> EventLog::take_back(Topic topic, Stage stage, const std::string& broker) {
  // Not in a transaction, which Redis would refuse when its memory is used up.
  const auto ids = redis_.command({"EVAL", kTakeBack, "2", keys::stream(topic), keys::loans(topic),
                                   name(stage), consumer_, keys::loan(stage, broker)});
  if (!ids) return schema::Error(ids.error());
  std::vector<LogEntry> entries;
  for (const Reply& id : ids->items) {
    LogEntry entry;
    entry.topic = topic;
    entry.stage = stage;
    entry.id = id.text;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<std::string>> EventLog::borrowers(Topic topic, Stage stage) {
  const auto reply = redis_.command({"HKEYS", keys::loans(topic)});
  if (!reply) return schema::Error(reply.error());
  std::vector<std::string> brokers;
  const std::string prefix = keys::loan(stage, "");
  for (const Reply& field : reply->items) {
    if (field.text.rfind(prefix, 0) == 0) brokers.push_back(field.text.substr(prefix.size()));
  }
  return brokers;
}

}  // namespace fuzzmill::store
