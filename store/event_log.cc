#include "store/event_log.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>

#include "store/log_replies.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Stage;
using schema::Status;
using schema::Topic;
namespace keys = schema::keys;

constexpr std::string_view kMarkLife = "2592000";  // 30 days, seconds

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

Status make_groups(Redis& redis) {
  for (const auto& subscription : schema::kSubscriptions) {
    redis.append(
        {"XGROUP", "CREATE", keys::stream(subscription.topic), name(subscription.stage), "0", "MKSTREAM"});
  }
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
         reads.empty();
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

void EventLog::append_commands(const LogTransaction& t) {
  static const std::array streams = [] {
    std::array<std::string, schema::kTopicCount> names;
    for (const Topic topic : schema::all_topics())
      names[static_cast<std::size_t>(topic)] = keys::stream(topic);
    return names;
  }();
  const auto stream = [&](Topic topic) -> const std::string& {
    return streams[static_cast<std::size_t>(topic)];
  };

  for (const auto& held : t.held) redis_.append({"HSET", keys::hold(held.bucket), held.sha256, held.bytes});
  for (const auto& append : t.appends) {
    if (append.bucket == 0) {
      redis_.append({"XADD", stream(append.topic), "*", "e", append.event});
    } else {
      redis_.append(
          {"XADD", stream(append.topic), "*", "e", append.event, "h", std::to_string(append.bucket)});
    }
  }
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
  // One XACK a group, so that a batch writes one line of AOF for it.
  for (const auto& subscription : schema::kSubscriptions) {
    std::vector<std::string_view> ids;
    for (const auto& f : t.finished) {
      if (f.topic == subscription.topic && f.stage == subscription.stage) ids.push_back(f.id);
    }
    for (const auto& d : t.dead) {
      if (d.entry->topic == subscription.topic && d.entry->stage == subscription.stage)
        ids.push_back(d.entry->id);
    }
    if (ids.empty()) continue;
    std::vector<std::string> words = {"XACK", stream(subscription.topic),
                                      std::string(name(subscription.stage))};
    words.insert(words.end(), ids.begin(), ids.end());
    redis_.append(words);
  }
  for (const auto& read : t.reads) {
    std::vector<std::string> words = {"XREADGROUP", "GROUP", std::string(name(read.stage)),
                                      consumer_,    "COUNT", std::to_string(read.count),
                                      "STREAMS"};
    std::size_t topics = 0;
    for (const auto& subscription : schema::kSubscriptions) {
      if (subscription.stage != read.stage) continue;
      words.push_back(stream(subscription.topic));
      ++topics;
    }
    words.insert(words.end(), topics, ">");
    redis_.append(words);
  }
}

Result<std::vector<LogEntry>> EventLog::commit(const LogTransaction& t) {
  redis_.append({"MULTI"});
  append_commands(t);
  redis_.append({"EXEC"});
  std::vector<LogEntry> entries;
  std::string problem;
  bool lost_race = false;
  const std::size_t last = redis_.pending() - 1;
  std::size_t index = 0;
  auto status = redis_.flush([&](const redisReply& reply) {
    const bool exec = index++ == last;
    if (reply.type == REDIS_REPLY_ERROR && problem.empty()) problem.assign(reply.str, reply.len);
    if (!exec) return;
    lost_race = reply.type == REDIS_REPLY_NIL;
    const std::size_t reads_from = reply.elements - std::min(reply.elements, t.reads.size());
    for (std::size_t i = 0; i < reply.elements; ++i) {
      const redisReply& item = *reply.element[i];
      if (item.type == REDIS_REPLY_ERROR && problem.empty()) problem.assign(item.str, item.len);
      if (i >= reads_from) read_group_reply(item, t.reads[i - reads_from].stage, entries);
    }
  });
  if (!status) return std::move(status).error();
  if (lost_race) return schema::conflict("another broker moved a source's mark");
  // A refused command inside EXEC undoes nothing of the others; retrying the batch is safe all the same,
  // since marks and ids make what did happen a repetition.
  if (!problem.empty()) return schema::unavailable(fmt::format("Redis refused a transaction: {}", problem));
  return entries;
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
  auto floor = first_unfinished(redis_, topic);
  if (!floor) return std::move(floor).error();
  if (floor->text != "0-0") {
    const auto trimmed = redis_.command({"XTRIM", stream, "MINID", "=", floor->text});
    if (!trimmed) return schema::Error(trimmed.error());
  }
  const auto length = redis_.command({"XLEN", stream});
  if (!length) return schema::Error(length.error());
  return static_cast<std::uint64_t>(length->integer);
}

Result<std::uint64_t> EventLog::oldest_unfinished(std::uint64_t now_ms) {
  std::uint64_t oldest = now_ms;
  for (const Topic topic : schema::all_topics()) {
    auto floor = first_unfinished(redis_, topic);
    if (!floor) return std::move(floor).error();
    // Whatever stays in the stream from the floor on is unfinished for somebody.
    const auto first = redis_.command({"XRANGE", keys::stream(topic), floor->text, "+", "COUNT", "1"});
    if (!first) return schema::Error(first.error());
    if (first->items.empty() || first->items[0].items.empty()) continue;
    oldest = std::min(oldest, parse_entry_id(first->items[0].items[0].text).ms);
  }
  return oldest;
}

}  // namespace fuzzmill::store
