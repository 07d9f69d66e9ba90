// The Lua of the crash index: what the stages do. For store/crash_index.cc alone; what people do is in
// store/merge_scripts.h. Every key is built by schema/keys.h: fixed ones come in KEYS; those of a group come
// as prefixes in ARGV, because only the script knows which group a signature belongs to in the end. All carry
// the hash tag {crash}, so all lie on one shard.
//
// Groups form a forest. A signature belongs to one group for good; a group may be merged into another:
// `aliases` has its parent, `members` of the parent has it. Each group counts its own crashes alone, wherever
// it hangs, so that taking it out again is exact. What must be known of a whole tree at once is kept at its
// top: its place in `groups` and in a severity's set, and, at every group that something worse was merged
// into, `worst` and `worst_rank` (over all below it) and `told` and `told_rank` (what people were told of
// those below).
#pragma once

#include <string>

namespace fuzzmill::store::scripts {

// First in each script. KEYS[1] aliases; ARGV[1..3] prefixes of group, members, severity.
inline constexpr char kForest[] = R"lua(
local ALIASES, GROUP, MEMBERS, SEVERITY = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local function root_of(group)
  local up = redis.call('HGET', ALIASES, group)
  while up do group = up; up = redis.call('HGET', ALIASES, group) end
  return group
end
local function worst_of(group)
  local is = redis.call('HMGET', GROUP .. group, 'worst_rank', 'worst', 'severity_rank', 'severity')
  if is[1] then return tonumber(is[1]), is[2] end
  return tonumber(is[3] or -1), is[4] or ''
end
local function told_of(group)
  local is = redis.call('HMGET', GROUP .. group, 'told_rank', 'told', 'alerted_rank', 'alerted_severity')
  if tonumber(is[1] or -1) > tonumber(is[3] or -1) then return tonumber(is[1]), is[2] end
  return tonumber(is[3] or -1), is[4] or ''
end
)lua";

// KEYS aliases, signature, seen, groups
// ARGV group, members, severity, event, group, signature, kind, node, target, time, prefixes (signatures,
// nodes,
//      targets, signature, features), most members, seconds of seen, only known ('1'), into, why, now,
//      most features of a group, most groups of a feature,
//      number of old signatures, of features, of expected counts, of grains, then these:
//      old signatures; features, each text and key; expected, each key and count; grains
// → {counted, new, group, undecided}
inline constexpr char kRecord[] = R"lua(
local event, group, signature, time = ARGV[4], ARGV[5], ARGV[6], ARGV[10]
local most = tonumber(ARGV[16])
local known = redis.call('GET', KEYS[2])
if redis.call('SISMEMBER', KEYS[3], event) == 1 then return {0, 0, root_of(known or group), 0} end

local at = 28
local olds, features, expected, grains = tonumber(ARGV[24]), tonumber(ARGV[25]), tonumber(ARGV[26]), tonumber(ARGV[27])
local first_feature = at + olds
local first_expected = first_feature + 2 * features
local first_grain = first_expected + 2 * expected

local fresh = not known
if fresh then
  for i = at, at + olds - 1 do
    known = redis.call('GET', ARGV[14] .. ARGV[i])
    if known then break end
  end
end
local parent
if known then
  group = known
else
  if ARGV[18] == '1' then return {0, 0, '', 1} end
  for i = first_expected, first_grain - 1, 2 do
    if redis.call('SCARD', ARGV[i]) ~= tonumber(ARGV[i + 1]) then return {0, 0, '', 1} end
  end
  if ARGV[19] ~= '' and redis.call('EXISTS', GROUP .. ARGV[19]) == 1 and redis.call('EXISTS', GROUP .. group) == 0 then
    parent = root_of(ARGV[19])
    -- A tree that is full takes the signature itself: what is over cannot be taken out again.
    if redis.call('SCARD', MEMBERS .. parent) >= most then group = parent; parent = nil end
  end
end
redis.call('SADD', KEYS[3], event)
redis.call('EXPIRE', KEYS[3], ARGV[17])
local key, signatures = GROUP .. group, ARGV[11] .. group
local new = redis.call('HSETNX', key, 'state', 'new')
if new == 1 then
  redis.call('HSET', key, 'kind', ARGV[7], 'node', ARGV[8], 'target', ARGV[9], 'first_seen', time, 'last_seen', time)
end
if fresh then
  redis.call('SET', KEYS[2], group)
  local of_group = ARGV[15] .. group
  for i = first_feature, first_expected - 1, 2 do
    if redis.call('SCARD', of_group) >= tonumber(ARGV[22]) then break end
    redis.call('SADD', of_group, ARGV[i])
    if redis.call('SCARD', ARGV[i + 1]) < tonumber(ARGV[23]) then redis.call('SADD', ARGV[i + 1], group) end
  end
end
if parent then
  redis.call('HSET', ALIASES, group, parent)
  redis.call('SADD', MEMBERS .. parent, group)
  redis.call('HSET', key, 'merged_by', 'fuzzmill', 'merged_why', ARGV[20], 'merged_at', ARGV[21])
  new = 0
end
redis.call('HINCRBY', key, 'count', 1)
local seen = redis.call('HMGET', key, 'first_seen', 'last_seen')
if tonumber(time) < tonumber(seen[1] or time) then redis.call('HSET', key, 'first_seen', time) end
if tonumber(time) > tonumber(seen[2] or 0) then redis.call('HSET', key, 'last_seen', time) end
local root = root_of(group)
redis.call('ZADD', KEYS[4], 'GT', time, root)
local _, worst = worst_of(root)
if worst ~= '' then redis.call('ZADD', SEVERITY .. worst, 'GT', time, root) end
local function count(hash, name)
  if redis.call('HLEN', hash) >= most and redis.call('HEXISTS', hash, name) == 0 then name = '(other)' end
  redis.call('HINCRBY', hash, name, 1)
end
count(ARGV[12] .. group, ARGV[8])
count(ARGV[13] .. group, ARGV[9])
redis.call('SADD', signatures, signature)
for i = first_grain, first_grain + grains - 1 do
  if redis.call('SCARD', signatures) >= most then break end
  redis.call('SADD', signatures, ARGV[i])
end
return {1, new, root, 0}
)lua";

// KEYS aliases, signature, seen, groups
// ARGV group, members, severity, event, group, rank, severity, security, kind, title, cwe, reasons,
//      seconds of seen, replays, reproduced
// → {counted, group, rank of the group}
inline constexpr char kClassify[] = R"lua(
local group, rank = redis.call('GET', KEYS[2]) or ARGV[5], tonumber(ARGV[6])
local root, key = root_of(group), GROUP .. group
local before, was = worst_of(root)
if redis.call('SADD', KEYS[3], ARGV[4]) == 0 then return {0, root, before} end
redis.call('EXPIRE', KEYS[3], ARGV[13])
if ARGV[8] == '1' then redis.call('HSET', key, 'security', '1') else redis.call('HSETNX', key, 'security', '0') end
if ARGV[14] ~= '0' then
  redis.call('HINCRBY', key, 'replays', ARGV[14])
  redis.call('HINCRBY', key, 'reproduced', ARGV[15])
end
if rank > tonumber(redis.call('HGET', key, 'severity_rank') or -1) then
  redis.call('HSET', key, 'severity_rank', rank, 'severity', ARGV[7], 'kind', ARGV[9], 'title', ARGV[10],
             'cwe', ARGV[11], 'reasons', ARGV[12])
end
local each = group
while each do
  if rank > worst_of(each) then redis.call('HSET', GROUP .. each, 'worst_rank', rank, 'worst', ARGV[7]) end
  each = redis.call('HGET', ALIASES, each)
end
if rank <= before then return {1, root, before} end
if was ~= '' then redis.call('ZREM', SEVERITY .. was, root) end
redis.call('ZADD', SEVERITY .. ARGV[7], redis.call('ZSCORE', KEYS[4], root) or 0, root)
return {1, root, rank}
)lua";

// Keeps the smallest inputs of the signature's own group: its folder stays its own when it is merged. An
// input larger than all that are kept writes nothing.
// KEYS aliases, signature, retention
// ARGV group, members, severity, group, target, sha256 or '', size, kept, prefix of inputs
// → {group, target, keep, severity, archived_severity, archived_at}
inline constexpr char kPlanArchive[] = R"lua(
local group = redis.call('GET', KEYS[2]) or ARGV[4]
local key, inputs = GROUP .. group, ARGV[9] .. group
local sha, size, kept = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
redis.call('HSETNX', key, 'target', ARGV[5])
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
-- What is about to be written does not expire within the hour: no prune takes its folder away meanwhile.
redis.call('ZADD', KEYS[3], 'XX', 'GT', redis.call('TIME')[1] + 3600, group)
local _, worst = worst_of(group)
local now = redis.call('HMGET', key, 'target', 'archived_severity', 'archived_at')
return {group, now[1], keep, worst, now[2] or '', now[3] or '0'}
)lua";

// KEYS retention   ARGV group, path, severity, now in ms, expiry in s, prefix of group
inline constexpr char kArchived[] = R"lua(
redis.call('HSET', ARGV[6] .. ARGV[1], 'archive', ARGV[2], 'archived_severity', ARGV[3], 'archived_at', ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[5], ARGV[1])
return 1
)lua";

// The state machine of alerts, of the top of a tree. A claim is remembered by event id: the worker that made
// it may die before its alert is in the log, and the delivery that is repeated must raise the same one. KEYS
// aliases, signature, claims, budget ARGV group, members, severity, event, group, time, now, limit, seconds
// of claims, seconds of budget → '' or 'kind|group|severity|previous severity|count'
inline constexpr char kClaimAlert[] = R"lua(
local past = redis.call('HGET', KEYS[3], ARGV[4])
if past then return past end
local group = root_of(redis.call('GET', KEYS[2]) or ARGV[5])
local key = GROUP .. group
local rank, severity = worst_of(group)
if rank < 0 then return '' end
local told_rank, told = told_of(group)
local is = redis.call('HMGET', key, 'state', 'resolved_at')
local kind
if is[1] == 'resolved' and tonumber(ARGV[6]) > tonumber(is[2] or 0) then kind = 'group.returned'
elseif told_rank < 0 then kind = 'group.new'
elseif rank > told_rank then kind = 'group.worse'
else return '' end
local spent, limit = tonumber(redis.call('GET', KEYS[4]) or 0), tonumber(ARGV[8])
if spent >= limit then
  redis.call('HSET', key, 'alerted', 'suppressed')
  if spent > limit then return '' end
  kind = 'budget.spent'
else
  redis.call('HSET', key, 'alerted', kind, 'alerted_at', ARGV[7], 'alerted_rank', rank, 'alerted_severity', severity)
  if kind == 'group.returned' then redis.call('HSET', key, 'state', 'returned') end
end
redis.call('INCR', KEYS[4])
redis.call('EXPIRE', KEYS[4], ARGV[10])
local count, waiting = 0, {group}
while #waiting > 0 do
  local each = table.remove(waiting)
  count = count + tonumber(redis.call('HGET', GROUP .. each, 'count') or 0)
  for _, member in ipairs(redis.call('SMEMBERS', MEMBERS .. each)) do waiting[#waiting + 1] = member end
end
local claim = kind .. '|' .. group .. '|' .. severity .. '|' .. told .. '|' .. count
redis.call('HSET', KEYS[3], ARGV[4], claim)
redis.call('EXPIRE', KEYS[3], ARGV[9])
return claim
)lua";

inline std::string with_forest(const char* body) { return std::string(kForest) + body; }

}  // namespace fuzzmill::store::scripts
