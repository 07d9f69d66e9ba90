// The queue as people and tools see it: states of stages, dead letters and what can be done about them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "store/event_log.h"
#include "store/log_replies.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;
namespace keys = schema::keys;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

constexpr int kPage = 500;
constexpr std::uint64_t kExact = 10'000;

// Entries after the last one handed out. Redis' own `lag` counts too many after a restart (it does not keep
// how many entries a group has read) and is nil after some trims, so we count, exactly up to a bound.
Result<std::uint64_t> waiting_after(Redis& redis, const std::string& stream, const Reply& group) {
  std::string from = field_of(group, "last-delivered-id").text;
  std::uint64_t count = 0;
  while (count < kExact) {
    const auto page = redis.command({"XRANGE", stream, "(" + from, "+", "COUNT", std::to_string(kPage)});
    if (!page) return schema::Error(page.error());
    count += page->items.size();
    if (page->items.size() < kPage) return count;
    from = page->items.back().items[0].text;
  }
  const auto length = redis.command({"XLEN", stream});
  if (!length) return schema::Error(length.error());
  const auto most = static_cast<std::uint64_t>(length->integer);
  const Reply& lag = field_of(group, "lag");
  const auto claimed = lag.type == Reply::Type::kInteger ? static_cast<std::uint64_t>(lag.integer) : most;
  return std::clamp(claimed, count, std::max(count, most));
}

// What brokers hand out of their memory is handed out as well.
void add_loans(const Reply& loans, StageState& state) {
  const std::string prefix = keys::loan(state.stage, "");
  for (std::size_t i = 0; i + 1 < loans.items.size(); i += 2) {
    if (loans.items[i].text.rfind(prefix, 0) != 0) continue;
    for (const LoanSpan& span : parse_loans(loans.items[i + 1].text)) {
      state.in_flight += span.count;
      if (state.oldest.empty() || span.first < parse_entry_id(state.oldest)) state.oldest = span.first.text();
    }
  }
}

Result<StageState> state_of(Redis& redis, const schema::Subscription& subscription) {
  const std::string stream = keys::stream(subscription.topic);
  StageState state{subscription.topic, subscription.stage, 0, 0, {}};
  redis.append({"XINFO", "GROUPS", stream});
  redis.append({"XPENDING", stream, name(subscription.stage)});
  redis.append({"HGETALL", keys::loans(subscription.topic)});
  const auto replies = redis.flush();
  if (!replies) return schema::Error(replies.error());
  const Reply& groups = (*replies)[0];
  const Reply& pending = (*replies)[1];
  for (const Reply& group : groups.items) {
    if (field_of(group, "name").text != name(subscription.stage)) continue;
    const auto waiting = waiting_after(redis, stream, group);
    if (!waiting) return schema::Error(waiting.error());
    state.waiting = *waiting;
    if (pending.items.size() >= 2) {
      state.in_flight = static_cast<std::uint64_t>(pending.items[0].integer);
      state.oldest = pending.items[1].text;
    }
    add_loans((*replies)[2], state);
    if (state.oldest.empty() && state.waiting > 0) {
      const auto first = redis.command(
          {"XRANGE", stream, "(" + field_of(group, "last-delivered-id").text, "+", "COUNT", "1"});
      if (!first) return schema::Error(first.error());
      if (!first->items.empty()) state.oldest = first->items[0].items[0].text;
    }
  }
  return state;
}

DeadLetter dead_letter_of(schema::Topic topic, const Reply& row) {
  DeadLetter letter;
  letter.topic = topic;
  letter.id = fmt::format("{}/{}", name(topic), row.items[0].text);
  const Reply& fields = row.items[1];
  letter.event = field_of(fields, "e").text;
  letter.bucket = number(field_of(fields, "h").text);
  letter.stage = schema::stage_named(field_of(fields, "stage").text).value_or(schema::Stage::kFingerprint);
  letter.reason = field_of(fields, "reason").text;
  letter.attempts = number(field_of(fields, "attempts").text);
  letter.entry = field_of(fields, "entry").text;
  return letter;
}

std::string entry_of(const DeadLetter& letter) { return letter.id.substr(letter.id.rfind('/') + 1); }

}  // namespace

Result<std::vector<StageState>> stage_states(Redis& redis) {
  std::vector<StageState> states;
  for (const auto& subscription : schema::kSubscriptions) {
    auto state = state_of(redis, subscription);
    if (!state) return std::move(state).error();
    states.push_back(std::move(state).value());
  }
  return states;
}

Result<std::uint64_t> dead_letter_count(Redis& redis, schema::Topic topic) {
  const auto reply = redis.command({"XLEN", keys::dead(topic)});
  if (!reply) return schema::Error(reply.error());
  return static_cast<std::uint64_t>(reply->integer);
}

Result<std::vector<DeadLetter>> dead_letters(Redis& redis, std::size_t most) {
  std::vector<DeadLetter> letters;
  for (const schema::Topic topic : schema::all_topics()) {
    if (letters.size() >= most) break;
    const auto rows = redis.command(
        {"XRANGE", keys::dead(topic), "-", "+", "COUNT", std::to_string(most - letters.size())});
    if (!rows) return schema::Error(rows.error());
    for (const Reply& row : rows->items) {
      if (row.items.size() >= 2) letters.push_back(dead_letter_of(topic, row));
    }
  }
  return letters;
}

Status requeue(Redis& redis, const DeadLetter& letter) {
  redis.append({"MULTI"});
  if (letter.bucket == 0) {
    redis.append({"XADD", keys::stream(letter.topic), "*", "e", letter.event});
  } else {
    redis.append(
        {"XADD", keys::stream(letter.topic), "*", "e", letter.event, "h", std::to_string(letter.bucket)});
  }
  redis.append({"XDEL", keys::dead(letter.topic), entry_of(letter)});
  redis.append({"EXEC"});
  const auto replies = redis.flush();
  if (!replies) return schema::Error(replies.error());
  if (replies->back().is_error()) return schema::unavailable(replies->back().text);
  return {};
}

Status drop(Redis& redis, const DeadLetter& letter) {
  const auto reply = redis.command({"XDEL", keys::dead(letter.topic), entry_of(letter)});
  if (!reply) return schema::Error(reply.error());
  if (reply->integer == 0) return schema::not_found(fmt::format("dead letter {} is not there", letter.id));
  return {};
}

}  // namespace fuzzmill::store
