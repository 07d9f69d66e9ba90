#include "store/log_replies.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>

#include "schema/keys.h"
#include "store/number.h"

namespace fuzzmill::store {
namespace {

std::string_view view(const redisReply& reply) { return {reply.str, reply.len}; }

void fill_raw(const redisReply& row, LogEntry& entry) {
  if (row.elements < 2) return;
  entry.id = view(*row.element[0]);
  const redisReply& fields = *row.element[1];
  for (std::size_t i = 0; i + 1 < fields.elements; i += 2) {
    const std::string_view field = view(*fields.element[i]);
    if (field == "e") entry.event = std::string(view(*fields.element[i + 1]));
    if (field == "h") entry.bucket = number(view(*fields.element[i + 1]));
  }
}

}  // namespace

EntryId entry_id_of(const redisReply& reply) {
  return reply.str == nullptr ? EntryId{} : parse_entry_id(view(reply));
}

const redisReply* field_in(const redisReply& row, std::string_view name) {
  for (std::size_t i = 0; i + 1 < row.elements; i += 2) {
    if (row.element[i]->str != nullptr && view(*row.element[i]) == name) return row.element[i + 1];
  }
  return nullptr;
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

Floor::Floor(Redis& redis, schema::Topic topic) {
  const std::string stream = schema::keys::stream(topic);
  redis.append({"XLEN", stream});
  redis.append({"XINFO", "GROUPS", stream});
  redis.append({"HVALS", schema::keys::loans(topic)});
  for (const auto& subscription : schema::kSubscriptions) {
    if (subscription.topic != topic) continue;
    redis.append({"XPENDING", stream, name(subscription.stage)});
    ++groups_;
  }
}

bool Floor::take(const redisReply& reply) {
  constexpr std::size_t kLength = 0, kGroups = 1, kLoans = 2, kPending = 3;
  const std::size_t at = next_++;
  if (reply.type == REDIS_REPLY_ERROR) known_ = false;
  if (at == kLength) length_ = static_cast<std::uint64_t>(reply.integer);
  if (at == kGroups) {
    // A group that is missing has finished nothing: keep all.
    if (reply.elements < groups_) known_ = false;
    for (std::size_t i = 0; i < reply.elements; ++i) {
      const redisReply* cursor = field_in(*reply.element[i], "last-delivered-id");
      if (cursor == nullptr) known_ = false;
      if (cursor != nullptr) lower(entry_id_of(*cursor).next());
    }
  }
  if (at == kLoans) {
    for (std::size_t i = 0; i < reply.elements; ++i) {
      for (const LoanSpan& span : parse_loans(view(*reply.element[i]))) lower(span.first);
    }
  }
  if (at >= kPending) {
    if (reply.elements < 2) known_ = false;
    if (reply.elements >= 2 && reply.element[0]->integer > 0) lower(entry_id_of(*reply.element[1]));
  }
  return next_ == kPending + groups_;
}

schema::Result<Floor> first_unfinished(Redis& redis, schema::Topic topic) {
  Floor floor(redis, topic);
  const auto status = redis.flush([&](const redisReply& reply) { floor.take(reply); });
  if (!status) return schema::Error(status.error());
  if (!floor.known()) return schema::unavailable(fmt::format("the groups of {} cannot be read", name(topic)));
  return floor;
}

}  // namespace fuzzmill::store
