#include "store/crash_retention.h"

#include <fmt/format.h>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/crash_index.h"
#include "store/number.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;
namespace keys = schema::keys;

constexpr std::uint64_t kDay_s = 86'400;

// KEYS retention, quarantine, group, inputs   ARGV group, expiry as planned, place, when to delete in s
// → 1, 0 when it is another by now
constexpr char kQuarantine[] = R"lua(
local expires = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not expires or tonumber(expires) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
redis.call('HDEL', KEYS[3], 'archive', 'archived_severity', 'archived_at')
redis.call('DEL', KEYS[4])
return 1
)lua";

// KEYS as above   ARGV group, place, path, severity, now in ms, expiry in s, then inputs and sizes → 1, 0
constexpr char kRestored[] = R"lua(
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) or redis.call('HEXISTS', KEYS[3], 'archive') == 1 then return 0 end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[3], 'archive', ARGV[3], 'archived_severity', ARGV[4], 'archived_at', ARGV[5])
redis.call('ZADD', KEYS[1], ARGV[6], ARGV[1])
for i = 7, #ARGV, 2 do redis.call('ZADD', KEYS[4], ARGV[i + 1], ARGV[i]) end
return 1
)lua";

std::vector<std::string> keys_of(const std::string& group) {
  return {keys::crash_retention(), keys::crash_quarantine(), keys::group(group), keys::group_inputs(group)};
}

// "<target>/<group>.<second>"; false when it is no such.
bool parse_place(const std::string& place, CrashArchiveRow& row) {
  const auto slash = place.find('/'), dot = place.rfind('.');
  if (slash == std::string::npos || dot == std::string::npos || dot < slash) return false;
  row.place = place, row.target = place.substr(0, slash),
  row.group = place.substr(slash + 1, dot - slash - 1);
  return schema::valid_name(row.target) && valid_group(row.group);
}

// Of each row what its group says of it.
Status add_facts(Redis& redis, std::vector<CrashArchiveRow>& rows, bool away) {
  for (const CrashArchiveRow& row : rows) {
    redis.append({"HMGET", keys::group(row.group), "target", "archived_severity", "archived_at", "archive",
                  "severity"});
  }
  if (rows.empty()) return {};
  const auto replies = redis.flush();
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& facts = (*replies)[i].items;
    if (facts.size() != 5) return schema::internal("Redis answers: " + (*replies)[i].text);
    rows[i].archived_again = away && !facts[3].text.empty();
    if (away) rows[i].severity = facts[4].text;
    if (away) continue;
    rows[i].target = facts[0].text, rows[i].severity = facts[1].text;
    rows[i].archived_ms = number(facts[2].text);
  }
  return {};
}

}  // namespace

Result<std::vector<CrashArchiveRow>> CrashRetention::list() {
  const auto reply = redis_.command({"ZRANGE", keys::crash_retention(), "0", "-1", "WITHSCORES"});
  if (!reply) return reply.error();
  std::vector<CrashArchiveRow> rows;
  for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    CrashArchiveRow row;
    row.group = reply->items[i].text, row.expires_s = number(reply->items[i + 1].text);
    if (valid_group(row.group)) rows.push_back(std::move(row));
  }
  if (auto added = add_facts(redis_, rows, false); !added) return std::move(added).error();
  std::erase_if(rows, [](const CrashArchiveRow& row) { return !schema::valid_name(row.target); });
  return rows;
}

Result<std::vector<CrashArchiveRow>> CrashRetention::quarantined() {
  const auto reply = redis_.command({"ZRANGE", keys::crash_quarantine(), "0", "-1", "WITHSCORES"});
  if (!reply) return reply.error();
  std::vector<CrashArchiveRow> rows;
  for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    CrashArchiveRow row;
    row.delete_s = number(reply->items[i + 1].text);
    if (parse_place(reply->items[i].text, row)) rows.push_back(std::move(row));
  }
  if (auto added = add_facts(redis_, rows, true); !added) return std::move(added).error();
  return rows;
}

Result<std::string> CrashRetention::quarantine(const CrashArchiveRow& row, std::uint64_t now_s,
                                               std::uint64_t delete_s) {
  static const Script script(kQuarantine);
  if (!valid_group(row.group) || !schema::valid_name(row.target)) {
    return schema::invalid("crash archive: bad target or group");
  }
  const std::string place = fmt::format("{}/{}.{}", row.target, row.group, now_s);
  const auto done = redis_.run(
      script,
      {{keys_of(row.group), {row.group, std::to_string(row.expires_s), place, std::to_string(delete_s)}}});
  if (!done) return done.error();
  if (done->front().integer == 0) {
    return schema::conflict(fmt::format("the archive of group {} was written meanwhile", row.group));
  }
  return place;
}

Status CrashRetention::restored(const CrashArchiveRow& row, const std::string& path,
                                const std::string& severity,
                                const std::vector<std::pair<std::string, std::uint64_t>>& inputs,
                                std::uint64_t now_ms) {
  static const Script script(kRestored);
  const auto worth = schema::parse_severity(severity).value_or(schema::Severity::kLow);
  const std::uint64_t expires_s = now_ms / 1000 + retention_days(worth) * kDay_s;
  ScriptCall call{keys_of(row.group),
                  {row.group, row.place, path, severity, std::to_string(now_ms), std::to_string(expires_s)}};
  for (const auto& [sha256, size] : inputs) {
    call.arguments.push_back(sha256), call.arguments.push_back(std::to_string(size));
  }
  const auto done = redis_.run(script, {std::move(call)});
  if (!done) return done.error();
  if (done->front().integer == 0) {
    return schema::conflict(
        fmt::format("{} is not in quarantine, or its group has a new archive", row.place));
  }
  return {};
}

Status CrashRetention::forget(const std::string& place) {
  const auto done = redis_.command({"ZREM", keys::crash_quarantine(), place});
  if (!done) return done.error();
  return {};
}

}  // namespace fuzzmill::store
