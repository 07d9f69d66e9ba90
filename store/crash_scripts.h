// The Lua of the crash index. For store/crash_index.cc alone. Every key is built by schema/keys.h: fixed
// ones come in KEYS; those of a group come as prefixes in ARGV, because only the script knows which group
// a signature belongs to in the end. All carry the hash tag {crash}, so all lie on one shard.
#pragma once

namespace fuzzmill::store::scripts {

// KEYS signature, seen, groups
// ARGV event, group, signature, kind, node, target, time, prefixes (group, signatures, nodes, targets,
//      severity), most members, seconds of seen, then every grain
// → {counted, new, group}
inline constexpr char kRecord[] = R"lua(
local group = redis.call('GET', KEYS[1]) or ARGV[2]
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return {0, 0, group} end
redis.call('EXPIRE', KEYS[2], ARGV[14])
local signature, time, most = ARGV[3], ARGV[7], tonumber(ARGV[13])
local key, signatures = ARGV[8] .. group, ARGV[9] .. group
redis.call('SETNX', KEYS[1], group)
local new = redis.call('HSETNX', key, 'state', 'new')
if new == 1 then
  redis.call('HSET', key, 'kind', ARGV[4], 'node', ARGV[5], 'target', ARGV[6], 'first_seen', time, 'last_seen', time)
end
redis.call('HINCRBY', key, 'count', 1)
local seen = redis.call('HMGET', key, 'first_seen', 'last_seen', 'severity')
if tonumber(time) < tonumber(seen[1] or time) then redis.call('HSET', key, 'first_seen', time) end
if tonumber(time) > tonumber(seen[2] or 0) then redis.call('HSET', key, 'last_seen', time) end
redis.call('ZADD', KEYS[3], 'GT', time, group)
if seen[3] then redis.call('ZADD', ARGV[12] .. seen[3], 'GT', time, group) end
local function count(hash, name)
  if redis.call('HLEN', hash) >= most and redis.call('HEXISTS', hash, name) == 0 then name = '(other)' end
  redis.call('HINCRBY', hash, name, 1)
end
count(ARGV[10] .. group, ARGV[5])
count(ARGV[11] .. group, ARGV[6])
redis.call('SADD', signatures, signature)
for i = 15, #ARGV do
  if redis.call('SCARD', signatures) >= most then break end
  redis.call('SADD', signatures, ARGV[i])
end
return {1, new, group}
)lua";

// KEYS signature, seen, groups
// ARGV event, group, rank, severity, security, kind, title, cwe, reasons, prefixes (group, severity),
//      seconds of seen
// → {counted, group, rank of the group}
inline constexpr char kClassify[] = R"lua(
local group = redis.call('GET', KEYS[1]) or ARGV[2]
local key, rank = ARGV[10] .. group, tonumber(ARGV[3])
local old = redis.call('HMGET', key, 'severity_rank', 'severity')
local old_rank = tonumber(old[1] or -1)
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return {0, group, old_rank} end
redis.call('EXPIRE', KEYS[2], ARGV[12])
if ARGV[5] == '1' then redis.call('HSET', key, 'security', '1') else redis.call('HSETNX', key, 'security', '0') end
if rank <= old_rank then return {1, group, old_rank} end
redis.call('HSET', key, 'severity_rank', rank, 'severity', ARGV[4], 'kind', ARGV[6], 'title', ARGV[7],
           'cwe', ARGV[8], 'reasons', ARGV[9])
if old[2] then redis.call('ZREM', ARGV[11] .. old[2], group) end
redis.call('ZADD', ARGV[11] .. ARGV[4], redis.call('ZSCORE', KEYS[3], group) or 0, group)
return {1, group, rank}
)lua";

// Keeps the smallest inputs. An input larger than all that are kept writes nothing.
// KEYS signature   ARGV group, target, sha256 or '', size, kept, prefixes (group, inputs)
// → {group, target, keep, severity, archived_severity, archived_at}
inline constexpr char kPlanArchive[] = R"lua(
local group = redis.call('GET', KEYS[1]) or ARGV[1]
local key, inputs = ARGV[6] .. group, ARGV[7] .. group
local sha, size, kept = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('HSETNX', key, 'target', ARGV[2])
local keep = 0
if sha ~= '' then
  local last = redis.call('ZRANGE', inputs, kept - 1, kept - 1, 'WITHSCORES')
  local fits = #last == 0 or size < tonumber(last[2]) or (size == tonumber(last[2]) and sha <= last[1])
  if fits then
    redis.call('ZADD', inputs, 'NX', size, sha)
    redis.call('ZREMRANGEBYRANK', inputs, kept, -1)
    keep = 1
  end
end
local now = redis.call('HMGET', key, 'target', 'severity', 'archived_severity', 'archived_at')
return {group, now[1], keep, now[2] or '', now[3] or '', now[4] or '0'}
)lua";

// KEYS retention   ARGV group, path, severity, now in ms, expiry in s, prefix of group
inline constexpr char kArchived[] = R"lua(
redis.call('HSET', ARGV[6] .. ARGV[1], 'archive', ARGV[2], 'archived_severity', ARGV[3], 'archived_at', ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[5], ARGV[1])
return 1
)lua";

// The state machine of alerts. A claim is remembered by event id: the worker that made it may die before
// its alert is in the log, and the delivery that is repeated must raise the same one.
// KEYS signature, claims, budget
// ARGV event, group, time, now, limit, prefix of group, seconds of claims, seconds of budget
// → '' or 'kind|group|severity|previous severity|count'
inline constexpr char kClaimAlert[] = R"lua(
local past = redis.call('HGET', KEYS[2], ARGV[1])
if past then return past end
local group = redis.call('GET', KEYS[1]) or ARGV[2]
local key = ARGV[6] .. group
local is = redis.call('HMGET', key, 'severity', 'severity_rank', 'alerted_rank', 'alerted_severity', 'state',
                      'resolved_at', 'count')
local rank, alerted_rank = tonumber(is[2] or -1), tonumber(is[3] or -1)
if rank < 0 then return '' end
local kind
if is[5] == 'resolved' and tonumber(ARGV[3]) > tonumber(is[6] or 0) then kind = 'group.returned'
elseif alerted_rank < 0 then kind = 'group.new'
elseif rank > alerted_rank then kind = 'group.worse'
else return '' end
local spent, limit = tonumber(redis.call('GET', KEYS[3]) or 0), tonumber(ARGV[5])
if spent >= limit then
  redis.call('HSET', key, 'alerted', 'suppressed')
  if spent > limit then return '' end
  kind = 'budget.spent'
else
  redis.call('HSET', key, 'alerted', kind, 'alerted_at', ARGV[4], 'alerted_rank', rank, 'alerted_severity', is[1])
  if kind == 'group.returned' then redis.call('HSET', key, 'state', 'returned') end
end
redis.call('INCR', KEYS[3])
redis.call('EXPIRE', KEYS[3], ARGV[8])
local claim = kind .. '|' .. group .. '|' .. is[1] .. '|' .. (is[4] or '') .. '|' .. (is[7] or '0')
redis.call('HSET', KEYS[2], ARGV[1], claim)
redis.call('EXPIRE', KEYS[2], ARGV[7])
return claim
)lua";

// KEYS group   ARGV state, now in ms, because, by → 1, or 0 when there is no such group
inline constexpr char kSetState[] = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'state_at', ARGV[2], 'state_because', ARGV[3], 'state_by', ARGV[4])
if ARGV[1] == 'resolved' then redis.call('HSET', KEYS[1], 'resolved_at', ARGV[2]) end
return 1
)lua";

}  // namespace fuzzmill::store::scripts
