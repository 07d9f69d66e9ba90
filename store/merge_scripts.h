// The Lua of what people do to crash groups: verdicts, merging and taking apart. For store/crash_merge.cc
// alone; crash_scripts.h explains the forest.
#pragma once

namespace fuzzmill::store::scripts {

// After kForest: the latest crash below a group, and a line in a group's history.
// ARGV[4] prefix of history, ARGV[5] most entries of it, ARGV[6] now in ms, ARGV[7] by, ARGV[8] why
inline constexpr char kPeople[] = R"lua(
local function latest_of(group)
  local latest, waiting = 0, {group}
  while #waiting > 0 do
    local each = table.remove(waiting)
    latest = math.max(latest, tonumber(redis.call('HGET', GROUP .. each, 'last_seen') or 0))
    for _, member in ipairs(redis.call('SMEMBERS', MEMBERS .. each)) do waiting[#waiting + 1] = member end
  end
  return latest
end
local function write_down(group, action, other, state)
  redis.call('XADD', ARGV[4] .. group, 'MAXLEN', ARGV[5], '*', 'action', action, 'other', other, 'state', state,
             'by', ARGV[7], 'why', ARGV[8], 'at', ARGV[6])
end
local function number(value) return string.format('%.0f', value) end
)lua";

// KEYS aliases   ARGV as above, group, state → 'done', 'missing', or the group it was merged into
inline constexpr char kSetState[] = R"lua(
local group, key, state = ARGV[9], GROUP .. ARGV[9], ARGV[10]
if redis.call('EXISTS', key) == 0 then return 'missing' end
if redis.call('HEXISTS', ALIASES, group) == 1 then return root_of(group) end
redis.call('HSET', key, 'state', state, 'state_at', ARGV[6], 'state_because', ARGV[8], 'state_by', ARGV[7])
if state == 'resolved' then redis.call('HSET', key, 'resolved_at', ARGV[6]) end
write_down(group, 'state', '', state)
return 'done'
)lua";

// KEYS aliases, groups   ARGV as above, group, other, most members
// → {'done', top}, {'missing', which}, {'same', top}, {'elsewhere', top of other}, {'full', top}
inline constexpr char kMerge[] = R"lua(
for i = 9, 10 do
  if redis.call('EXISTS', GROUP .. ARGV[i]) == 0 then return {'missing', ARGV[i]} end
end
local top, other = root_of(ARGV[9]), ARGV[10]
local of_other = root_of(other)
if of_other == top then return {'same', top} end
if of_other ~= other then return {'elsewhere', of_other} end
if redis.call('SCARD', MEMBERS .. top) >= tonumber(ARGV[11]) then return {'full', top} end
local rank, name = worst_of(top)
local other_rank, other_name = worst_of(other)
local told_rank = told_of(top)
local other_told, other_told_name = told_of(other)
redis.call('HSET', ALIASES, other, top)
redis.call('SADD', MEMBERS .. top, other)
redis.call('HSET', GROUP .. other, 'merged_by', ARGV[7], 'merged_why', ARGV[8], 'merged_at', ARGV[6])
if other_name ~= '' then redis.call('ZREM', SEVERITY .. other_name, other) end
redis.call('ZREM', KEYS[2], other)
redis.call('ZADD', KEYS[2], 'GT', number(latest_of(other)), top)
if other_rank > rank then
  redis.call('HSET', GROUP .. top, 'worst_rank', other_rank, 'worst', other_name)
  if name ~= '' then redis.call('ZREM', SEVERITY .. name, top) end
  name = other_name
end
if name ~= '' then redis.call('ZADD', SEVERITY .. name, redis.call('ZSCORE', KEYS[2], top), top) end
if other_told > told_rank then
  redis.call('HSET', GROUP .. top, 'told_rank', other_told, 'told', other_told_name)
end
write_down(top, 'merge', other, '')
write_down(other, 'merged-into', top, '')
return {'done', top}
)lua";

// KEYS aliases, groups   ARGV as above, group
// → {'done', the group it was in}, {'missing', group}, {'single', group}
inline constexpr char kUnmerge[] = R"lua(
local group = ARGV[9]
if redis.call('EXISTS', GROUP .. group) == 0 then return {'missing', group} end
local parent = redis.call('HGET', ALIASES, group)
if not parent then return {'single', group} end
local top = root_of(group)
local _, was = worst_of(top)
redis.call('HDEL', ALIASES, group)
redis.call('SREM', MEMBERS .. parent, group)
redis.call('HDEL', GROUP .. group, 'merged_by', 'merged_why', 'merged_at')
local each = parent
while each do
  local key = GROUP .. each
  redis.call('HDEL', key, 'worst_rank', 'worst', 'told_rank', 'told')
  local own, own_told = worst_of(each), told_of(each)
  for _, member in ipairs(redis.call('SMEMBERS', MEMBERS .. each)) do
    local rank, name = worst_of(member)
    if rank > own then own = rank; redis.call('HSET', key, 'worst_rank', rank, 'worst', name) end
    rank, name = told_of(member)
    if rank > own_told then own_told = rank; redis.call('HSET', key, 'told_rank', rank, 'told', name) end
  end
  each = redis.call('HGET', ALIASES, each)
end
-- People may have been told of the top for what the group did: from now on each is told of by itself.
local rank, name = worst_of(top)
if tonumber(redis.call('HGET', GROUP .. top, 'alerted_rank') or -1) > rank then
  redis.call('HSET', GROUP .. top, 'alerted_rank', rank, 'alerted_severity', name)
end
local function place(one)
  local latest = number(latest_of(one))
  local _, severity = worst_of(one)
  redis.call('ZADD', KEYS[2], latest, one)
  if severity ~= '' then redis.call('ZADD', SEVERITY .. severity, latest, one) end
end
if was ~= '' then redis.call('ZREM', SEVERITY .. was, top) end
place(top)
place(group)
write_down(top, 'unmerge', group, '')
if parent ~= top then write_down(parent, 'unmerge', group, '') end
write_down(group, 'unmerged-from', top, '')
return {'done', top}
)lua";

}  // namespace fuzzmill::store::scripts
