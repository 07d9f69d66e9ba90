// The Lua of the corpus catalog. For store/corpus_catalog.cc alone. Keys are built by schema/keys.h; those of
// an archive come as a prefix in ARGV, because only the script knows which archive is the newest. All carry
// the hash tag {corpus}, so all lie on one shard.
//
// `order` of an archive is its time in ms, or one more than that of the newest before it: a node whose clock
// is behind adds to an archive without making it newer. The score in `archives` is order / 1000.
#pragma once

#include <string>

namespace fuzzmill::store::catalog_scripts {

// First in each script. KEYS[1..5] archives of the target, retention, targets, quarantine, snapshots;
// ARGV[1..2] prefix of archive, target.
inline constexpr char kCatalog[] = R"lua(
local ARCHIVES, RETENTION, TARGETS, QUARANTINE, SNAPSHOTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local ARCHIVE, TARGET = ARGV[1], ARGV[2]
local function newest()
  local last = redis.call('ZREVRANGE', ARCHIVES, 0, 0, 'WITHSCORES')
  if #last == 0 then return '', 0 end
  return last[1], math.floor(tonumber(last[2]) * 1000 + 0.5)
end
local function list(id, order, expires)
  redis.call('HSET', ARCHIVE .. id, 'order', string.format('%.0f', order), 'expires_s', expires,
             'quarantined_s', '0', 'delete_s', '0', 'why', '')
  redis.call('ZADD', ARCHIVES, string.format('%.3f', order / 1000), id)
  redis.call('ZADD', RETENTION, expires, id)
  redis.call('ZREM', QUARANTINE, id)
end
-- What follows from which archive is the newest.
local function settle()
  local id, order = newest()
  redis.call('DEL', SNAPSHOTS)
  if id == '' then redis.call('ZREM', TARGETS, TARGET) return end
  redis.call('ZADD', TARGETS, string.format('%.3f', order / 1000), TARGET)
  for node, snapshot in string.gmatch(redis.call('HGET', ARCHIVE .. id, 'nodes') or '', '(%S+)=(%x+)') do
    redis.call('HSET', SNAPSHOTS, node, snapshot)
  end
end
local function fields_from(first)
  local fields = {}
  for i = first, #ARGV do fields[#fields + 1] = ARGV[i] end
  return unpack(fields)
end
)lua";

// ARGV id, previous, sha256, time in ms, expiry in s, then fields and values → 1, or 0 for a conflict
inline constexpr char kRecord[] = R"lua(
local id, key = ARGV[3], ARCHIVE .. ARGV[3]
local is, order = newest()
if is == id and redis.call('HGET', key, 'sha256') == ARGV[5] then return 1 end
if is ~= ARGV[4] then return 0 end
redis.call('DEL', key)
redis.call('HSET', key, fields_from(8))
list(id, math.max(tonumber(ARGV[6]), order + 1), ARGV[7])
settle()
return 1
)lua";

// ARGV id, now in s, when to delete in s, why → 1, 0 unknown, -1 the newest
inline constexpr char kQuarantine[] = R"lua(
local id, key = ARGV[3], ARCHIVE .. ARGV[3]
if redis.call('EXISTS', key) == 0 then return 0 end
if redis.call('ZSCORE', QUARANTINE, id) then return 1 end
if newest() == id and (redis.call('HGET', key, 'bad') or '') == '' then return -1 end
redis.call('ZREM', ARCHIVES, id)
redis.call('ZREM', RETENTION, id)
redis.call('ZADD', QUARANTINE, ARGV[5], id)
redis.call('HSET', key, 'quarantined_s', ARGV[4], 'delete_s', ARGV[5], 'why', ARGV[6])
settle()
return 1
)lua";

// ARGV id, expiry in s → 1, 0 unknown
inline constexpr char kUnquarantine[] = R"lua(
local id = ARGV[3]
local order = redis.call('HGET', ARCHIVE .. id, 'order')
if not order then return 0 end
if not redis.call('ZSCORE', QUARANTINE, id) then return 1 end
list(id, tonumber(order), ARGV[4])
settle()
return 1
)lua";

// ARGV id → 1
inline constexpr char kForget[] = R"lua(
local id = ARGV[3]
redis.call('DEL', ARCHIVE .. id)
for _, key in ipairs({ARCHIVES, RETENTION, QUARANTINE}) do redis.call('ZREM', key, id) end
settle()
return 1
)lua";

// ARGV newest before, rows (JSON: [[id, quarantined_s, delete_s, time_ms, expires_s, {field, value, …}], …])
// → 1, 0 conflict
inline constexpr char kReplace[] = R"lua(
if newest() ~= ARGV[3] then return 0 end
local gone = redis.call('ZRANGE', ARCHIVES, 0, -1)
for _, id in ipairs(redis.call('ZRANGE', QUARANTINE, 0, -1)) do
  if redis.call('HGET', ARCHIVE .. id, 'target') == TARGET then gone[#gone + 1] = id end
end
for _, id in ipairs(gone) do
  redis.call('DEL', ARCHIVE .. id)
  redis.call('ZREM', RETENTION, id)
  redis.call('ZREM', QUARANTINE, id)
end
redis.call('DEL', ARCHIVES)
local order = 0
for _, row in ipairs(cjson.decode(ARGV[4])) do
  redis.call('HSET', ARCHIVE .. row[1], unpack(row[6]))
  order = math.max(order + 1, tonumber(row[4]))
  if row[2] == '0' then
    list(row[1], order, row[5])
  else
    redis.call('HSET', ARCHIVE .. row[1], 'order', string.format('%.0f', order))
    redis.call('ZADD', QUARANTINE, row[3], row[1])
  end
end
settle()
return 1
)lua";

// KEYS archive   ARGV field, value, … → 1, 0 unknown
inline constexpr char kSet[] = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
)lua";

// KEYS archive, retention   ARGV id, expiry in s → 1, 0 unknown
inline constexpr char kSetExpires[] = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'expires_s', ARGV[2])
redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[1])
return 1
)lua";

// KEYS turn   ARGV who, seconds → 1, 0 another's
inline constexpr char kTakeTurn[] = R"lua(
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
)lua";
inline constexpr char kLeaveTurn[] = R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
)lua";

inline std::string with_catalog(const char* script) { return std::string(kCatalog) + script; }

}  // namespace fuzzmill::store::catalog_scripts
