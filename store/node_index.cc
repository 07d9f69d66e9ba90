#include "store/node_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "schema/keys.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;

constexpr std::size_t kMaxSamples = 2880;  // a day at one each 30 s
constexpr std::size_t kMaxTargets = 1024;  // of a node; a hostile one shall not fill Redis with names
constexpr std::string_view kTargetField = "target:";  // in the node's hash: one field for each target

// KEYS node, nodes, and of a sample: the hash of its target or machine, and their stream
// ARGV node, target or '', time, most samples, most targets, then fields and values
// → 1 when it was news
constexpr char kTake[] = R"lua(
local node, target, time = ARGV[1], ARGV[2], tonumber(ARGV[3])
redis.call('ZADD', KEYS[2], 'GT', time, node)
local hash = KEYS[3] or KEYS[1]
if target ~= '' then
  if redis.call('HEXISTS', KEYS[1], 'target:' .. target) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then
    return 0
  end
end
if time > tonumber(redis.call('HGET', KEYS[1], 'last_seen') or -1) then redis.call('HSET', KEYS[1], 'last_seen', time) end
if time <= tonumber(redis.call('HGET', hash, 'time') or -1) then return 0 end
if KEYS[3] then redis.call('DEL', hash) end
local fields = {}
for i = 6, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', hash, 'time', time, unpack(fields))
if target ~= '' then redis.call('HSET', KEYS[1], 'target:' .. target, time) end
if KEYS[4] then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[4], '*', 'time', time, unpack(fields)) end
return 1
)lua";

// The visitors that turn a body's fields() into words for Redis and back.
struct ToWords {
  std::vector<std::string>& words;
  template <class T>
  void operator()(const char* name, const T& value) {
    if constexpr (requires { value.has_value(); }) {
      if (value) (*this)(name, *value);
    } else {
      words.push_back(name);
      if constexpr (std::is_same_v<T, std::string>) {
        words.push_back(value.substr(0, 256));
      } else {
        words.push_back(fmt::format("{}", value));
      }
    }
  }
};

struct FromWords {
  const Reply& hash;

  const std::string* find(std::string_view name) const {
    for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) {
      if (hash.items[i].text == name) return &hash.items[i + 1].text;
    }
    return nullptr;
  }
  template <class T>
  void operator()(const char* name, T& value) const {
    const std::string* text = find(name);
    if (text == nullptr) return;
    if constexpr (requires { value.has_value(); }) {
      value.emplace();
      read(*text, *value);
    } else {
      read(*text, value);
    }
  }

 private:
  static void read(const std::string& text, std::string& out) { out = text; }
  template <class N>
  static void read(const std::string& text, N& out) {
    std::from_chars(text.data(), text.data() + text.size(), out);
  }
};

std::uint64_t number(const std::string* text) {
  std::uint64_t value = 0;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

Result<ScriptCall> call_for(const schema::Event& event, std::uint64_t now_ms) {
  const auto* sample = std::get_if<schema::ResourceSample>(&event.body);
  const auto* heartbeat = std::get_if<schema::Heartbeat>(&event.body);
  if (sample == nullptr && heartbeat == nullptr)
    return schema::invalid("the node index takes samples and heartbeats");
  if (!schema::valid_name(event.node)) return schema::invalid("event has no valid node");
  if (sample != nullptr && !event.target.empty() && !schema::valid_name(event.target))
    return schema::invalid("sample has no valid target");
  ScriptCall call;
  const std::string target = sample != nullptr ? event.target : "";
  call.keys = {keys::node(event.node), keys::nodes()};
  if (sample != nullptr) {
    call.keys.push_back(target.empty() ? keys::machine(event.node) : keys::target(event.node, target));
    call.keys.push_back(target.empty() ? keys::machine_samples(event.node)
                                       : keys::samples(event.node, target));
  }
  call.arguments = {event.node, target, std::to_string(std::min(event.time_ms, now_ms)),
                    std::to_string(kMaxSamples), std::to_string(kMaxTargets)};
  if (sample != nullptr) {
    schema::ResourceSample::fields(*sample, ToWords{call.arguments});
  } else {
    schema::Heartbeat::fields(*heartbeat, ToWords{call.arguments});
  }
  return call;
}

TargetRow read_sample(const std::string& node, const std::string& target, const Reply& hash) {
  TargetRow row{node, target, 0, {}};
  const FromWords from{hash};
  row.time_ms = number(from.find("time"));
  schema::ResourceSample::fields(row.sample, from);
  return row;
}

std::vector<std::string> targets_in(const Reply& node_hash) {
  std::vector<std::string> targets;
  for (std::size_t i = 0; i + 1 < node_hash.items.size(); i += 2) {
    const std::string& field = node_hash.items[i].text;
    if (field.rfind(kTargetField, 0) == 0) targets.push_back(field.substr(kTargetField.size()));
  }
  std::sort(targets.begin(), targets.end());
  return targets;
}

// What people were told and not told to be over: <alert> or <alert> <target>, sorted.
std::vector<std::string> open_alerts_in(const Reply& watch) {
  std::vector<std::string> alerts;
  for (std::size_t i = 0; i + 1 < watch.items.size(); i += 2) {
    const std::string& field = watch.items[i].text;
    const auto bar = field.find('|');
    const std::string& value = watch.items[i + 1].text;  // told|next|times, or a number of another field
    if (bar == std::string::npos || value.find('|') == std::string::npos || value.front() == '|') continue;
    std::string text = field.substr(0, bar);
    if (bar + 1 < field.size()) text.append(" ").append(field, bar + 1);
    alerts.push_back(std::move(text));
  }
  std::sort(alerts.begin(), alerts.end());
  return alerts;
}

schema::Status check_replies(const std::vector<Reply>& replies) {
  for (const Reply& reply : replies) {
    if (reply.is_error()) return schema::internal("Redis answers: " + reply.text);
  }
  return {};
}

}  // namespace

Result<std::vector<bool>> NodeIndex::take(const std::vector<const schema::Event*>& batch,
                                          std::uint64_t now_ms) {
  static const Script script(kTake);
  std::vector<ScriptCall> calls;
  for (const schema::Event* event : batch) {
    auto call = call_for(*event, now_ms);
    if (!call) return std::move(call).error();
    calls.push_back(std::move(call).value());
  }
  auto replies = redis_.run(script, calls);
  if (!replies) return std::move(replies).error();
  std::vector<bool> news;
  for (const Reply& reply : *replies) news.push_back(reply.integer == 1);
  return news;
}

Result<std::vector<NodeRow>> NodeIndex::nodes(std::size_t limit) {
  if (limit == 0) return std::vector<NodeRow>{};
  const auto names =
      redis_.command({"ZREVRANGE", keys::nodes(), "0", std::to_string(limit - 1), "WITHSCORES"});
  if (!names) return names.error();
  for (std::size_t i = 0; i < names->items.size(); i += 2) {
    const std::string& node = names->items[i].text;
    for (const auto& key : {keys::node(node), keys::machine(node), keys::watch(node)})
      redis_.append({"HGETALL", key});
  }
  auto hashes = redis_.flush();
  if (!hashes) return std::move(hashes).error();
  if (auto fine = check_replies(*hashes); !fine) return std::move(fine).error();
  std::vector<NodeRow> rows;
  for (std::size_t i = 0; i + 2 < hashes->size(); i += 3) {
    schema::Heartbeat heartbeat;
    schema::Heartbeat::fields(heartbeat, FromWords{(*hashes)[i]});
    NodeRow row;
    row.node = names->items[2 * i / 3].text;
    row.last_seen_ms = number(&names->items[2 * i / 3 + 1].text);
    row.version = heartbeat.version, row.reason = heartbeat.reason, row.state = heartbeat.state.value_or("");
    row.uptime_s = heartbeat.uptime_s;
    row.spool_events = heartbeat.spool_events.value_or(0),
    row.spool_dropped = heartbeat.spool_dropped.value_or(0);
    row.targets = targets_in((*hashes)[i]);
    if (!(*hashes)[i + 1].items.empty()) row.machine = read_sample(row.node, "", (*hashes)[i + 1]);
    row.alerts = open_alerts_in((*hashes)[i + 2]);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<TargetRow>> NodeIndex::targets(const std::string& node) {
  if (!schema::valid_name(node)) return schema::invalid("that is no name of a node");
  const auto hash = redis_.command({"HGETALL", keys::node(node)});
  if (!hash) return hash.error();
  const auto names = targets_in(*hash);
  for (const std::string& name : names) redis_.append({"HGETALL", keys::target(node, name)});
  auto hashes = redis_.flush();
  if (!hashes) return std::move(hashes).error();
  if (auto fine = check_replies(*hashes); !fine) return std::move(fine).error();
  std::vector<TargetRow> rows;
  for (std::size_t i = 0; i < names.size(); ++i) rows.push_back(read_sample(node, names[i], (*hashes)[i]));
  return rows;
}

Result<std::vector<TargetRow>> NodeIndex::samples(const std::string& node, const std::string& target,
                                                  std::size_t count) {
  if (!schema::valid_name(node) || (!target.empty() && !schema::valid_name(target)))
    return schema::invalid("that is no name of a target");
  const std::string key = target.empty() ? keys::machine_samples(node) : keys::samples(node, target);
  const auto entries = redis_.command({"XREVRANGE", key, "+", "-", "COUNT", std::to_string(count)});
  if (!entries) return entries.error();
  std::vector<TargetRow> rows;
  for (auto at = entries->items.rbegin(); at != entries->items.rend(); ++at) {
    rows.push_back(read_sample(node, target, at->items[1]));
  }
  return rows;
}

}  // namespace fuzzmill::store
