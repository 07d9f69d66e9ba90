#include "store/log_replies.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <charconv>

#include "schema/keys.h"

namespace fuzzmill::store {
namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view view(const redisReply& reply) { return {reply.str, reply.len}; }

void fill_raw(const redisReply& row, LogEntry& entry) {
  if (row.elements < 2) return;
  entry.id = view(*row.element[0]);
  const redisReply& fields = *row.element[1];
  for (std::size_t i = 0; i + 1 < fields.elements; i += 2) {
    const std::string_view field = view(*fields.element[i]);
    if (field == "e") entry.event = view(*fields.element[i + 1]);
    if (field == "h") entry.bucket = number(view(*fields.element[i + 1]));
  }
}

}  // namespace

EntryId parse_entry_id(std::string_view text) {
  EntryId id;
  const auto dash = text.find('-');
  id.ms = number(text.substr(0, dash));
  id.n = dash == std::string_view::npos ? 0 : number(text.substr(dash + 1));
  id.text = text;
  return id;
}

EntryId next_entry_id(const EntryId& id) {
  EntryId next{id.ms, id.n + 1, {}};
  next.text = fmt::format("{}-{}", next.ms, next.n);
  return next;
}

void fill_entry(const Reply& row, LogEntry& entry) {
  entry.id = row.items[0].text;
  const auto& fields = row.items[1].items;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == "e") entry.event = fields[i + 1].text;
    if (fields[i].text == "h") entry.bucket = number(fields[i + 1].text);
  }
}

void read_group_reply(const redisReply& reply, schema::Stage stage, std::vector<LogEntry>& out) {
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const redisReply& stream = *reply.element[i];
    if (stream.elements < 2) continue;
    const std::string_view key = view(*stream.element[0]);
    const auto topic = schema::topic_named(key.substr(key.rfind(':') + 1));
    if (!topic) continue;
    const redisReply& rows = *stream.element[1];
    for (std::size_t j = 0; j < rows.elements; ++j) {
      LogEntry& entry = out.emplace_back();
      entry.topic = *topic;
      entry.stage = stage;
      fill_raw(*rows.element[j], entry);
    }
  }
}

const Reply& field_of(const Reply& row, std::string_view name) {
  static const Reply nil;
  for (std::size_t i = 0; i + 1 < row.items.size(); i += 2) {
    if (row.items[i].text == name) return row.items[i + 1];
  }
  return nil;
}

schema::Result<EntryId> first_unfinished(Redis& redis, schema::Topic topic) {
  const std::string stream = schema::keys::stream(topic);
  redis.append({"XINFO", "GROUPS", stream});
  std::size_t groups = 0;
  for (const auto& subscription : schema::kSubscriptions) {
    if (subscription.topic != topic) continue;
    redis.append({"XPENDING", stream, name(subscription.stage)});
    ++groups;
  }
  const auto replies = redis.flush();
  if (!replies) return schema::Error(replies.error());
  const Reply& info = (*replies)[0];
  if (info.is_error()) return schema::unavailable(fmt::format("XINFO GROUPS {}: {}", stream, info.text));

  EntryId floor;
  bool any = false;
  const auto lower = [&](const EntryId& id) {
    if (!any || id < floor) floor = id;
    any = true;
  };
  // A group that is missing has finished nothing: keep all.
  if (info.items.size() < groups) return EntryId{};
  for (const Reply& group : info.items)
    lower(next_entry_id(parse_entry_id(field_of(group, "last-delivered-id").text)));
  for (std::size_t i = 1; i < replies->size(); ++i) {
    const Reply& summary = (*replies)[i];
    if (summary.is_error() || summary.items.size() < 2) return EntryId{};
    if (summary.items[0].integer > 0) lower(parse_entry_id(summary.items[1].text));
  }
  return floor;
}

}  // namespace fuzzmill::store
