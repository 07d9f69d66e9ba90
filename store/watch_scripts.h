// The Lua scripts of store/node_watch.cc. All keys are of the hash tag {node}.
//
// A watched field is "told|next|times": what people were told, the word that was seen last, and how many
// times in a row. Nothing is stored of an alert that is over and not suspected. Beside them stand, of the
// last sample of a target, "last|target" (event and time) and "every|target" (interval); and of the node
// "stopped|" (time) and "started|" (event).
#pragma once

namespace fuzzmill::store::scripts {

// KEYS watch, deadlines, node, claims, budget
// ARGV 1 event, 2 node, 3 target, 4 time, 5 now, 6 kind, 7 interval, 8 intervals, 9 budget, 10 life of
// claims,
//      11 life of the budget, then for each check: alert, word, "?" when undecided, needed
// → "place,kind,told before" of each change, joined by ";"
inline constexpr char kObserve[] = R"lua(
local past = redis.call('HGET', KEYS[4], ARGV[1])
if past then return past end
local node, target, time, now, kind = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
if target ~= '' and redis.call('HEXISTS', KEYS[3], 'target:' .. target) == 0 then return '' end
-- What was sent before the node said that it stops is no sign of life. A start from long before it is that of
-- a node whose clock was set back, unless it is the one that this stop ended, once more.
local stopped = tonumber(redis.call('HGET', KEYS[1], 'stopped|') or -1)
local started = redis.call('HGET', KEYS[1], 'started|')
if time <= stopped and (kind ~= 'start' or stopped - time <= 300000 or started == ARGV[1]) then return '' end

if kind == 'stop' or kind == 'start' then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    local watched = string.match(field, '^every|(.+)$')
    if watched then redis.call('ZREM', KEYS[2], node .. '/' .. watched) end
    -- A new process may have another clock.
    if kind == 'start' and started ~= ARGV[1] and string.match(field, '^last|') then
      redis.call('HDEL', KEYS[1], field)
    end
  end
end
if kind == 'start' then
  redis.call('HDEL', KEYS[1], 'stopped|')
  redis.call('HSET', KEYS[1], 'started|', ARGV[1])
end
if kind == 'stop' then
  redis.call('ZREM', KEYS[2], node .. '/')
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'stopped|', time)
  if started then redis.call('HSET', KEYS[1], 'started|', started) end
  return ''
end
local every = tonumber(ARGV[7])
if kind == 'sample' then
  -- A first or last sample may be of a shorter interval than the others.
  local before = tonumber(redis.call('HGET', KEYS[1], 'every|' .. target) or 0)
  if every < before then every = math.floor((3 * before + every) / 4) end
  redis.call('HSET', KEYS[1], 'every|' .. target, every)
end
-- A target may be half an interval later than its node, so that of a node that dies the node is silent.
if target ~= '' then
  redis.call('ZADD', KEYS[2], now + math.floor(every * (ARGV[8] + 0.5)), node .. '/' .. target)
end
if kind == 'sample' then
  redis.call('ZADD', KEYS[2], 'GT', now + every * ARGV[8], node .. '/')
else  -- samples are the liveness: who sends heartbeats alone is not watched
  redis.call('ZADD', KEYS[2], 'XX', 'GT', now + every * ARGV[8], node .. '/')
end

-- Of one source the number tells what is older, whatever its clock says. Of another one, which a node has
-- when its process started again, the time does; and what is older by minutes is of a clock set back.
local old = false
if kind == 'sample' then
  local last = redis.call('HGET', KEYS[1], 'last|' .. target) or ''
  local source, number, at = string.match(last, '^(%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x)(%x+) (%d+)$')
  if source == string.sub(ARGV[1], 1, 16) then
    old = string.sub(ARGV[1], 17) <= number
  elseif source then
    old = time <= tonumber(at) and tonumber(at) - time <= 300000
  end
  if not old then redis.call('HSET', KEYS[1], 'last|' .. target, ARGV[1] .. ' ' .. time) end
end
local changes = {}
local function change(place, what, told) changes[#changes + 1] = place .. ',' .. what .. ',' .. told end
for i = 12, #ARGV, 4 do
  local alert, word, undecided, needed = ARGV[i], ARGV[i + 1], ARGV[i + 2] == '?', tonumber(ARGV[i + 3])
  local place = (i - 12) / 4
  local of = string.match(alert, '^node') and '' or target
  local field = alert .. '|' .. of
  local told, seen, times = string.match(redis.call('HGET', KEYS[1], field) or '||0', '^(.-)|(.-)|(%d+)$')
  times = tonumber(times)
  -- An old sample shows that its sender lives, and nothing of how it is now.
  if not old or string.match(alert, '%.silent$') then
    if undecided or word == told then
      seen, times = told, 0
    else
      times = word == seen and times + 1 or 1
      seen = word
      if times >= needed then
        if word == '' then
          change(place, 'over', told)
          told, times = '', 0
        else
          local spent = tonumber(redis.call('GET', KEYS[5]) or 0)
          local limit = tonumber(ARGV[9])
          if spent < limit then
            change(place, 'raised', told)
            told, times = word, 0
          elseif spent == limit then
            change(place, 'budget', told)
          end
          if spent <= limit then
            redis.call('INCR', KEYS[5])
            redis.call('EXPIRE', KEYS[5], ARGV[11])
          end
        end
      end
    end
    if told == '' and times == 0 then
      redis.call('HDEL', KEYS[1], field)
    else
      redis.call('HSET', KEYS[1], field, told .. '|' .. seen .. '|' .. times)
    end
  end
end
if #changes == 0 then return '' end
local all = table.concat(changes, ';')
redis.call('HSET', KEYS[4], ARGV[1], all)
redis.call('EXPIRE', KEYS[4], ARGV[10])
return all
)lua";

// KEYS deadlines
// ARGV now, lease, most, prefix of watch keys
// → member and deadline of each, flat
inline constexpr char kOverdue[] = R"lua(
local out, now, nodes = {}, tonumber(ARGV[1]), {}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for i = 1, #due, 2 do
  local node, target = string.match(due[i], '^(.-)/(.*)$')
  if target == '' then nodes[node] = true end
end
for i = 1, #due, 2 do
  local node, target = string.match(due[i], '^(.-)/(.*)$')
  local told = target ~= '' and redis.call('HGET', ARGV[4] .. node, 'node.silent|') or '|'
  if string.sub(told, 1, 1) ~= '|' then
    redis.call('ZREM', KEYS[1], due[i])
  else
    redis.call('ZADD', KEYS[1], ARGV[2], due[i])
    if target == '' or not nodes[node] then
      out[#out + 1] = due[i]
      out[#out + 1] = due[i + 1]
    end
  end
end
return out
)lua";

// KEYS deadlines, watch, outbox, budget
// ARGV member, its lease, field, now, alert, alert of the budget, budget, life of the budget
inline constexpr char kRaiseSilent[] = R"lua(
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) ~= tonumber(ARGV[2]) then return 0 end
local spent, limit = tonumber(redis.call('GET', KEYS[4]) or 0), tonumber(ARGV[7])
if spent > limit then return 0 end
redis.call('INCR', KEYS[4])
redis.call('EXPIRE', KEYS[4], ARGV[8])
if spent == limit then
  redis.call('ZADD', KEYS[3], ARGV[4], ARGV[6])
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[3], 'silent|silent|0')
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[5])
return 1
)lua";

// KEYS outbox
// ARGV now, lease, most
inline constexpr char kTakeOutbox[] = R"lua(
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, event in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], event) end
return due
)lua";

}  // namespace fuzzmill::store::scripts
