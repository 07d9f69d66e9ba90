#include "store/event_log.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "store/log_replies.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Stage;
using schema::Status;
using schema::Topic;
namespace keys = schema::keys;

constexpr std::string_view kMarkLife = "2592000";  // 30 days, seconds
constexpr std::size_t kMostSpans = 32;             // of a group on loan; entries of the oldest become pending

Status check_durable(Redis& redis) {
  const auto reply = redis.command({"CONFIG", "GET", "append*"});
  if (!reply) return schema::Error(reply.error());
  std::string only, sync;
  for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    if (reply->items[i].text == "appendonly") only = reply->items[i + 1].text;
    if (reply->items[i].text == "appendfsync") sync = reply->items[i + 1].text;
  }
  if (only == "yes" && sync == "always") return {};
  return schema::invalid(
      fmt::format("this Redis would lose acknowledged events (appendonly {}, appendfsync {}): run it with "
                  "deploy/redis.conf, "
                  "or set `appendonly yes` and `appendfsync always`",
                  only, sync));
}

// Only those that are missing: Redis refuses XGROUP CREATE when its memory is used up, and a broker that
// reconnects then must be able to finish what is out.
Status make_groups(Redis& redis) {
  std::vector<schema::Subscription> missing;
  for (const auto& subscription : schema::kSubscriptions)
    redis.append({"XINFO", "GROUPS", keys::stream(subscription.topic)});
  const auto known = redis.flush();
  if (!known) return schema::Error(known.error());
  for (std::size_t i = 0; i < schema::kSubscriptions.size(); ++i) {
    const auto& groups = (*known)[i].items;  // none when there is no such stream
    const bool there = std::any_of(groups.begin(), groups.end(), [&](const Reply& group) {
      return field_of(group, "name").text == name(schema::kSubscriptions[i].stage);
    });
    if (!there) missing.push_back(schema::kSubscriptions[i]);
  }
  for (const auto& [stage, topic] : missing)
    redis.append({"XGROUP", "CREATE", keys::stream(topic), name(stage), "0", "MKSTREAM"});
  const auto replies = redis.flush();
  if (!replies) return schema::Error(replies.error());
  for (const Reply& reply : *replies) {
    if (reply.is_error() && reply.text.rfind("BUSYGROUP", 0) != 0) {
      return schema::internal(fmt::format("XGROUP CREATE: {}", reply.text));
    }
  }
  return {};
}

}  // namespace

bool LogTransaction::empty() const {
  return held.empty() && appends.empty() && marks.empty() && finished.empty() && dead.empty() &&
         reads.empty() && lends.empty() && due.empty();
}

Result<EventLog> EventLog::open(Redis redis, std::string consumer) {
  if (auto status = check_durable(redis); !status) return std::move(status).error();
  if (auto status = make_groups(redis); !status) return std::move(status).error();
  return EventLog(std::move(redis), std::move(consumer));
}

Result<std::vector<std::uint64_t>> EventLog::marks(const std::vector<Source>& sources) {
  std::vector<std::string> watch = {"WATCH"};
  std::vector<std::string> get = {"MGET"};
  for (const Source& source : sources) {
    watch.push_back(keys::source(source.owner, source.number));
    get.push_back(watch.back());
  }
  redis_.append(watch);
  redis_.append(get);
  const auto replies = redis_.flush();
  if (!replies) return schema::Error(replies.error());
  const Reply& values = replies->back();
  if (values.is_error()) return schema::unavailable(values.text);
  std::vector<std::uint64_t> marks;
  for (const Reply& value : values.items) {
    std::uint64_t mark = 0;
    std::from_chars(value.text.data(), value.text.data() + value.text.size(), mark);
    marks.push_back(mark);
  }
  return marks;
}

namespace {

const std::string& stream_of(Topic topic) {
  static const std::array streams = [] {
    std::array<std::string, schema::kTopicCount> names;
    for (const Topic t : schema::all_topics()) names[static_cast<std::size_t>(t)] = keys::stream(t);
    return names;
  }();
  return streams[static_cast<std::size_t>(topic)];
}

std::array<bool, schema::kTopicCount> topics_of(const std::vector<LogTransaction::Append>& appends) {
  std::array<bool, schema::kTopicCount> topics{};
  for (const auto& append : appends) topics[static_cast<std::size_t>(append.topic)] = true;
  return topics;
}

}  // namespace

// What comes into the log. The newest entry before ours is asked for, so that whoever has ours in memory
// knows what stands next to them in the stream.
void EventLog::append_additions(const LogTransaction& t) {
  const auto topics = topics_of(t.appends);
  for (const Topic topic : schema::all_topics()) {
    if (topics[static_cast<std::size_t>(topic)]) redis_.append({"XINFO", "STREAM", stream_of(topic)});
  }
  for (const auto& append : t.appends) {
    std::string_view words[10] = {"XADD", stream_of(append.topic)};
    std::size_t count = 2;
    const auto add = [&](std::string_view word) { words[count++] = word; };
    const std::string to = append.trim_to == EntryId{} ? "" : append.trim_to.text();
    if (!to.empty()) add("MINID"), add("~"), add(to);
    add("*"), add("e"), add(append.event);
    const std::string bucket = append.bucket == 0 ? "" : std::to_string(append.bucket);
    if (!bucket.empty()) add("h"), add(bucket);
    redis_.append(std::span<const std::string_view>(words, count));
  }
  for (const auto& held : t.held) redis_.append({"HSET", keys::hold(held.bucket), held.sha256, held.bytes});
  for (const auto& mark : t.marks) {
    redis_.append({"SET", keys::source(mark.source.owner, mark.source.number), std::to_string(mark.sequence),
                   "EX", kMarkLife});
  }
  for (const auto& dead : t.dead) {
    const LogEntry& e = *dead.entry;
    redis_.append({"XADD", keys::dead(e.topic), "*", "e", e.event, "h", std::to_string(e.bucket), "stage",
                   name(e.stage), "reason", dead.reason, "attempts", std::to_string(e.attempt), "entry",
                   e.id});
  }
}

// What is no longer handed out: one XACK a group, so that a batch writes one line of AOF for it, and the
// spans that stay on loan.
void EventLog::append_ends(const LogTransaction& t) {
  std::array<std::array<std::vector<std::string_view>, schema::kStageCount>, schema::kTopicCount> pending;
  const auto end = [&](Topic topic, Stage stage, std::string_view id) {
    Group& g = group(topic, stage);
    if (g.loans.size() > 0 && g.loans.finish(parse_entry_id(id))) {
      g.changed = true;
    } else {
      pending[static_cast<std::size_t>(topic)][static_cast<std::size_t>(stage)].push_back(id);
    }
  };
  for (const auto& f : t.finished) end(f.topic, f.stage, f.id);
  for (const auto& d : t.dead) end(d.entry->topic, d.entry->stage, d.entry->id);
  for (const LogEntry* entry : t.due) {
    const EntryId id = parse_entry_id(entry->id);
    if (!group(entry->topic, entry->stage).loans.finish(id)) continue;
    group(entry->topic, entry->stage).changed = true;
    append_pending(entry->topic, entry->stage, {id});
  }
  for (const auto& [stage, topic] : schema::kSubscriptions) {
    const auto& ids = pending[static_cast<std::size_t>(topic)][static_cast<std::size_t>(stage)];
    if (!ids.empty()) {
      std::vector<std::string_view> words = {"XACK", stream_of(topic), name(stage)};
      words.insert(words.end(), ids.begin(), ids.end());
      redis_.append(words);
    }
    Group& g = group(topic, stage);
    if (!g.changed) continue;
    if (const auto ids_over = g.loans.give_up(kMostSpans); !ids_over.empty())
      append_pending(topic, stage, ids_over);
    g.changed = false;
    if (g.loans.size() == 0) {
      redis_.append({"HDEL", keys::loans(topic), keys::loan(stage, consumer_)});
    } else {
      redis_.append({"HSET", keys::loans(topic), keys::loan(stage, consumer_), loan_text(g.loans.spans())});
    }
  }
}

// XREADGROUP of what is neither lent nor left out.
void EventLog::append_read(const LogTransaction& t, const LogTransaction::Read& read) {
  std::vector<std::string> words = {"XREADGROUP", "GROUP", std::string(name(read.stage)),
                                    consumer_,    "COUNT", std::to_string(read.count),
                                    "STREAMS"};
  std::size_t topics = 0;
  for (const auto& [stage, topic] : schema::kSubscriptions) {
    const auto same = [&, s = stage, p = topic](const auto& of) { return of.stage == s && of.topic == p; };
    if (stage != read.stage || std::any_of(t.lends.begin(), t.lends.end(), same) ||
        std::any_of(t.left_out.begin(), t.left_out.end(), same)) {
      continue;
    }
    words.push_back(stream_of(topic));
    ++topics;
  }
  words.insert(words.end(), topics, ">");
  // A stage that reads nothing keeps its place among the replies.
  if (topics == 0) words = {"ECHO", ""};
  redis_.append(words);
}

Result<Committed> EventLog::commit(const LogTransaction& t) {
  redis_.append({"MULTI"});
  append_additions(t);
  append_ends(t);
  for (const auto& lend : t.lends) append_lend(lend);
  for (const auto& read : t.reads) append_read(t, read);
  redis_.append({"EXEC"});
  Committed committed;
  std::string problem;
  bool lost_race = false;
  const std::size_t exec = redis_.pending() - 1;
  std::vector<Floor> floors;
  for (const Topic topic : t.asks) floors.emplace_back(redis_, topic);
  std::size_t index = 0, asked = 0;
  auto status = redis_.flush([&](const redisReply& reply) {
    const std::size_t at = index++;
    if (at > exec) {
      if (floors[asked].take(reply)) ++asked;
      return;
    }
    if (reply.type == REDIS_REPLY_ERROR && problem.empty()) problem.assign(reply.str, reply.len);
    if (at != exec) return;
    lost_race = reply.type == REDIS_REPLY_NIL;
    for (std::size_t i = 0; i < reply.elements; ++i) {
      const redisReply& item = *reply.element[i];
      if (item.type == REDIS_REPLY_ERROR && problem.empty()) problem.assign(item.str, item.len);
    }
    if (problem.empty() && !lost_race) read_committed(t, reply, committed);
  });
  if (!status) return std::move(status).error();
  if (lost_race) return schema::conflict("another broker moved a source's mark");
  // A refused command inside EXEC undoes nothing of the others; retrying the batch is safe all the same,
  // since marks and ids make what did happen a repetition.
  if (!problem.empty()) return schema::unavailable(fmt::format("Redis refused a transaction: {}", problem));
  for (std::size_t i = 0; i < floors.size(); ++i) {
    if (floors[i].known()) committed.floors.emplace_back(t.asks[i], floors[i].id());
  }
  return committed;
}

// The answers of a transaction: those of the additions first, those of lends and reads last.
void EventLog::read_committed(const LogTransaction& t, const redisReply& reply, Committed& committed) {
  const auto topics = topics_of(t.appends);
  std::size_t at = 0;
  for (const Topic topic : schema::all_topics()) {
    if (!topics[static_cast<std::size_t>(topic)] || at >= reply.elements) continue;
    const redisReply* newest = field_in(*reply.element[at++], "last-generated-id");
    if (newest != nullptr) committed.before[static_cast<std::size_t>(topic)] = entry_id_of(*newest);
  }
  committed.ids.reserve(t.appends.size());
  for (std::size_t i = 0; i < t.appends.size() && at < reply.elements; ++i)
    committed.ids.push_back(entry_id_of(*reply.element[at++]));
  at = reply.elements - std::min(reply.elements, t.lends.size() + t.reads.size());
  for (std::size_t i = 0; i < t.lends.size() && at < reply.elements; ++i)
    lent(t.lends[i], *reply.element[at++], committed);
  for (std::size_t i = 0; i < t.reads.size() && at < reply.elements; ++i) {
    const std::size_t from = committed.entries.size();
    read_group_reply(*reply.element[at++], t.reads[i].stage, committed.entries);
    for (std::size_t e = from; e < committed.entries.size(); ++e) {
      const LogEntry& entry = committed.entries[e];
      group(entry.topic, entry.stage).cursor = parse_entry_id(entry.id);
    }
  }
}

Result<std::vector<std::string>> EventLog::held(std::uint64_t bucket, const std::vector<std::string>& sha256s,
                                                std::vector<bool>& found) {
  std::vector<std::string> words = {"HMGET", keys::hold(bucket)};
  words.insert(words.end(), sha256s.begin(), sha256s.end());
  auto reply = redis_.command(words);
  if (!reply) return std::move(reply).error();
  std::vector<std::string> bytes;
  found.clear();
  for (Reply& item : reply->items) {
    found.push_back(!item.is_nil());
    bytes.push_back(std::move(item.text));
  }
  return bytes;
}

Result<std::vector<LogEntry>> EventLog::claim(const std::vector<LogEntry>& entries) {
  for (const LogEntry& entry : entries) {
    const std::string stream = keys::stream(entry.topic);
    redis_.append({"XCLAIM", stream, name(entry.stage), consumer_, "0", entry.id});
    redis_.append({"XPENDING", stream, name(entry.stage), entry.id, entry.id, "1"});
  }
  const auto replies = redis_.flush();
  if (!replies) return schema::Error(replies.error());
  std::vector<LogEntry> claimed;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Reply& claim = (*replies)[2 * i];
    const Reply& pending = (*replies)[2 * i + 1];
    if (claim.is_error() || claim.items.empty() || claim.items[0].items.size() < 2) continue;
    LogEntry entry = entries[i];
    fill_entry(claim.items[0], entry);
    if (!pending.items.empty() && pending.items[0].items.size() >= 4) {
      entry.attempt = static_cast<std::uint64_t>(pending.items[0].items[3].integer);
    }
    claimed.push_back(std::move(entry));
  }
  return claimed;
}

Result<std::vector<LogEntry>> EventLog::pending_of(Topic topic, Stage stage, const std::string& consumer,
                                                   std::size_t count) {
  const auto reply = redis_.command(
      {"XPENDING", keys::stream(topic), name(stage), "-", "+", std::to_string(count), consumer});
  if (!reply) return schema::Error(reply.error());
  std::vector<LogEntry> entries;
  for (const Reply& row : reply->items) {
    if (row.items.empty()) continue;
    LogEntry entry;
    entry.topic = topic;
    entry.stage = stage;
    entry.id = row.items[0].text;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<EventLog::ConsumerState>> EventLog::consumers(Topic topic, Stage stage) {
  const auto reply = redis_.command({"XINFO", "CONSUMERS", keys::stream(topic), name(stage)});
  if (!reply) return schema::Error(reply.error());
  std::vector<ConsumerState> states;
  for (const Reply& row : reply->items) {
    ConsumerState state;
    state.name = field_of(row, "name").text;
    state.pending = static_cast<std::uint64_t>(field_of(row, "pending").integer);
    states.push_back(std::move(state));
  }
  return states;
}

Status EventLog::forget_consumer(Topic topic, Stage stage, const std::string& consumer) {
  const auto reply = redis_.command({"XGROUP", "DELCONSUMER", keys::stream(topic), name(stage), consumer});
  if (!reply) return schema::Error(reply.error());
  return {};
}

Result<std::uint64_t> EventLog::trim(Topic topic) {
  const std::string stream = keys::stream(topic);
  const auto floor = first_unfinished(redis_, topic);
  if (!floor) return schema::Error(floor.error());
  const auto trimmed = redis_.command({"XTRIM", stream, "MINID", "=", floor->id().text()});
  if (!trimmed) return schema::Error(trimmed.error());
  return floor->length() - static_cast<std::uint64_t>(trimmed->integer);
}

Result<std::uint64_t> EventLog::oldest_unfinished(std::uint64_t now_ms) {
  std::uint64_t oldest = now_ms;
  for (const Topic topic : schema::all_topics()) {
    const auto floor = first_unfinished(redis_, topic);
    if (!floor) return schema::Error(floor.error());
    // Whatever stays in the stream from the floor on is unfinished for somebody.
    const auto first = redis_.command({"XRANGE", keys::stream(topic), floor->id().text(), "+", "COUNT", "1"});
    if (!first) return schema::Error(first.error());
    if (first->items.empty() || first->items[0].items.empty()) continue;
    oldest = std::min(oldest, parse_entry_id(first->items[0].items[0].text).ms);
  }
  return oldest;
}

}  // namespace fuzzmill::store
