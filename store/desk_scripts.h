// The Lua scripts of store/corpus_desk.cc. All keys are of the hash tag {corpus}.
//
// An entry of the stream has fields sha256, node, engine, bytes, total, where total is the bytes of all
// inputs that ever were shared of the target: what lies between two entries follows from theirs.
// Counters of a node in the hash: <node>|sent and so on; <node>|gave is what the last give was answered, by
// the digest of what was asked, and the minute of its budget when that refused something; <node>|asked is
// the number of the last cursor told, with what was counted by the question for it.
#pragma once

namespace fuzzmill::store::scripts {

// KEYS shared, known, sharing, budget
// ARGV 1 node, 2 engine, 3 now in s, 4 digest of the question, 5 most inputs, 6 most bytes, 7 most known,
//      8 budget of the node, 9 life of the stream in s, 10 refused already, 11 reason of the first of these,
//      then hash and bytes of each
// → accepted, refused, reason
inline constexpr char kGive[] = R"lua(
local shared, known, sharing, budget = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local node, now = ARGV[1], tonumber(ARGV[3])
local minute = string.format('%.0f', math.floor(now / 60))
local past = redis.call('HGET', sharing, node .. '|gave')
if past then
  local digest, of, accepted, refused, reason = string.match(past, '^(%x+) (%d+) (%d+) (%d+) (.*)$')
  if digest == ARGV[4] and (of == '0' or of == minute) then
    return {tonumber(accepted), tonumber(refused), reason}
  end
end
local function field(entry, wanted)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == wanted then return entry[2][i + 1] end
  end
end
local newest = redis.call('XREVRANGE', shared, '+', '-', 'COUNT', 1)[1]
local total = newest and tonumber(field(newest, 'total')) or 0
local spent = tonumber(redis.call('HGET', budget, node) or 0)
local accepted, refused, reason, over = 0, tonumber(ARGV[10]), ARGV[11], '0'
local function refuse(why)
  if refused == 0 then reason = why end
  refused = refused + 1
end
for i = 12, #ARGV, 2 do
  local sha256, bytes = ARGV[i], ARGV[i + 1]
  if redis.call('ZSCORE', known, sha256) then
    refuse('known already')
  elseif spent + #bytes > tonumber(ARGV[8]) then
    refuse('over the budget of ' .. ARGV[8] .. ' bytes a minute')
    over = minute
  else
    spent = spent + #bytes
    total = total + #bytes
    accepted = accepted + 1
    redis.call('ZADD', known, now, sha256)
    redis.call('XADD', shared, '*', 'sha256', sha256, 'node', node, 'engine', ARGV[2], 'bytes', bytes,
               'total', string.format('%.0f', total))
  end
end
if accepted > 0 then
  redis.call('HSET', budget, node, spent)
  redis.call('EXPIRE', budget, 120)
  redis.call('XTRIM', shared, 'MAXLEN', ARGV[5])
  while true do
    local oldest = redis.call('XRANGE', shared, '-', '+', 'COUNT', 1)[1]
    if not oldest then break end
    if total - tonumber(field(oldest, 'total')) + #field(oldest, 'bytes') <= tonumber(ARGV[6]) then break end
    redis.call('XDEL', shared, oldest[1])
  end
  redis.call('EXPIRE', shared, ARGV[9])
  redis.call('ZREMRANGEBYRANK', known, 0, -tonumber(ARGV[7]) - 1)
end
redis.call('HINCRBY', sharing, node .. '|sent', accepted + refused)
redis.call('HINCRBY', sharing, node .. '|accepted', accepted)
redis.call('HINCRBY', sharing, node .. '|refused', refused)
redis.call('HSET', sharing, node .. '|gave', table.concat({ARGV[4], over, accepted, refused, reason}, ' '))
return {accepted, refused, reason}
)lua";

// KEYS sharing
// ARGV node, number of the cursor or '', imported, dropped
// → number of the next cursor
inline constexpr char kCountTaken[] = R"lua(
local sharing, node, number = KEYS[1], ARGV[1], tonumber(ARGV[2])
local field = node .. '|asked'
local asked, imported, dropped = string.match(redis.call('HGET', sharing, field) or '0 0 0', '^(%d+) (%d+) (%d+)$')
asked, imported, dropped = tonumber(asked), tonumber(imported), tonumber(dropped)
local now_imported, now_dropped = tonumber(ARGV[3]), tonumber(ARGV[4])
if number == asked then
  asked, imported, dropped = asked + 1, 0, 0
elseif number == asked - 1 then
  -- The answer to this number was lost, and what was counted with it comes again, with what was done since.
  now_imported, now_dropped = math.max(now_imported, imported), math.max(now_dropped, dropped)
else  -- the first question, or a cursor of long ago: no number that was told is the one before the new one
  asked, imported, dropped, now_imported, now_dropped = asked + 2, 0, 0, 0, 0
end
if now_imported > imported then redis.call('HINCRBY', sharing, node .. '|imported', now_imported - imported) end
if now_dropped > dropped then redis.call('HINCRBY', sharing, node .. '|dropped', now_dropped - dropped) end
redis.call('HSET', sharing, field, string.format('%.0f %.0f %.0f', asked, now_imported, now_dropped))
return asked
)lua";

// KEYS shared
// ARGV node, id to read after, most inputs, most bytes, most entries and most bytes to look at
// → id that was read up to, 1 when there is more to look at, then hash and bytes of each
inline constexpr char kRead[] = R"lua(
local node, after = ARGV[1], ARGV[2]
local most_inputs, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local looks, looked_bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
local out, inputs, bytes = {after, 0}, 0, 0
while looks > 0 and looked_bytes > 0 do
  local entries = redis.call('XRANGE', KEYS[1], '(' .. after, '+', 'COUNT', 8)
  if #entries == 0 then return out end
  for _, entry in ipairs(entries) do
    local values = {}
    for i = 1, #entry[2], 2 do values[entry[2][i]] = entry[2][i + 1] end
    if values.node ~= node then
      if inputs > 0 and (inputs >= most_inputs or bytes + #values.bytes > most_bytes) then return out end
      inputs = inputs + 1
      bytes = bytes + #values.bytes
      out[#out + 1] = values.sha256
      out[#out + 1] = values.bytes
    end
    after = entry[1]
    out[1] = after
    looks = looks - 1
    looked_bytes = looked_bytes - #values.bytes
  end
end
out[2] = 1
return out
)lua";

}  // namespace fuzzmill::store::scripts
