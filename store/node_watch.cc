#include "store/node_watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "schema/keys.h"
#include "store/watch_scripts.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;

constexpr std::uint64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;
constexpr std::uint64_t kLeaseMs = 60'000;
constexpr char kClaimSeconds[] = "259200";  // three days: of the sample's day, and two after it
constexpr char kBudgetSeconds[] = "7200";

std::string_view word_of(WatchRequest::Kind kind) {
  constexpr std::array<std::string_view, 4> kWords = {"sample", "start", "hour", "stop"};
  return kWords[static_cast<std::size_t>(kind)];
}

// "place,kind,told;…" as the script answers. A word has neither comma nor semicolon: see valid_word().
std::vector<WatchChange> read_changes(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, WatchChange::Kind>, 3> kKinds = {
      {{"raised", WatchChange::Kind::kRaised},
       {"over", WatchChange::Kind::kOver},
       {"budget", WatchChange::Kind::kBudgetSpent}}};
  std::vector<WatchChange> changes;
  while (!text.empty()) {
    const std::string_view row = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(row.size() + 1, text.size()));
    const auto first = row.find(','), second = row.find(',', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    WatchChange change;
    std::from_chars(row.data(), row.data() + first, change.check);
    const std::string_view kind = row.substr(first + 1, second - first - 1);
    for (const auto& [word, each] : kKinds) {
      if (word == kind) change.kind = each;
    }
    change.told = row.substr(second + 1);
    changes.push_back(std::move(change));
  }
  return changes;
}

// Letters, digits, '.', '_' and '-': safe among the script's separators.
bool valid_word(const std::string& word) { return word.empty() || schema::valid_name(word); }

schema::Status check_request(const WatchRequest& request) {
  if (!schema::valid_name(request.node)) return schema::invalid("what is watched has no valid node");
  if (!request.target.empty() && !schema::valid_name(request.target))
    return schema::invalid("what is watched has no valid target");
  for (const WatchCheck& check : request.checks) {
    if (!schema::valid_name(check.alert) || !valid_word(check.word))
      return schema::invalid("an alert has no valid name or word");
  }
  return {};
}

}  // namespace

Result<std::vector<std::vector<WatchChange>>> NodeWatch::observe(const std::vector<WatchRequest>& batch,
                                                                 std::uint64_t now_ms) {
  static const Script script(scripts::kObserve);
  std::vector<ScriptCall> calls;
  for (const WatchRequest& request : batch) {
    if (auto fine = check_request(request); !fine) return std::move(fine).error();
    const auto time_ms = std::min(request.time_ms, now_ms);
    const auto interval =
        std::clamp(request.interval_ms, limits_.least_interval_ms, limits_.most_interval_ms);
    ScriptCall call;
    call.keys = {keys::watch(request.node), keys::deadlines(), keys::node(request.node),
                 keys::node_alert_claims(time_ms / kDayMs), keys::node_alert_budget(now_ms / kHourMs)};
    call.arguments = {request.event.hex(),
                      request.node,
                      request.target,
                      std::to_string(time_ms),
                      std::to_string(now_ms),
                      std::string(word_of(request.kind)),
                      std::to_string(interval),
                      std::to_string(limits_.silent_intervals),
                      std::to_string(limits_.alerts_per_hour),
                      kClaimSeconds,
                      kBudgetSeconds};
    for (const WatchCheck& check : request.checks) {
      call.arguments.insert(call.arguments.end(), {check.alert, check.word, check.undecided ? "?" : "",
                                                   std::to_string(std::max<std::uint64_t>(check.needed, 1))});
    }
    calls.push_back(std::move(call));
  }
  auto replies = redis_.run(script, calls);
  if (!replies) return std::move(replies).error();
  std::vector<std::vector<WatchChange>> changes;
  for (std::size_t i = 0; i < replies->size(); ++i) {
    changes.push_back(read_changes((*replies)[i].text));
    std::erase_if(changes.back(),
                  [&](const WatchChange& change) { return change.check >= batch[i].checks.size(); });
  }
  return changes;
}

Result<std::vector<Overdue>> NodeWatch::overdue(std::uint64_t now_ms, std::size_t most) {
  static const Script script(scripts::kOverdue);
  const std::uint64_t lease = now_ms + kLeaseMs;
  auto replies = redis_.run(
      script, {{{keys::deadlines()},
                {std::to_string(now_ms), std::to_string(lease), std::to_string(most), keys::watch("")}}});
  if (!replies) return std::move(replies).error();
  std::vector<Overdue> found;
  const auto& words = replies->front().items;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const std::string& member = words[i].text;
    Overdue one;
    one.node = member.substr(0, member.find('/'));
    one.target = member.substr(std::min(member.find('/') + 1, member.size()));
    const std::string& score = words[i + 1].text;
    std::from_chars(score.data(), score.data() + score.size(), one.deadline_ms);
    one.lease_ms = lease;
    found.push_back(std::move(one));
  }
  return found;
}

schema::Status NodeWatch::raise_silent(const Overdue& overdue, std::string_view alert,
                                       std::string_view budget_alert, std::uint64_t now_ms) {
  static const Script script(scripts::kRaiseSilent);
  const std::string field = overdue.target.empty() ? "node.silent|" : "target.silent|" + overdue.target;
  auto done =
      redis_.run(script, {{{keys::deadlines(), keys::watch(overdue.node), keys::outbox(),
                            keys::node_alert_budget(now_ms / kHourMs)},
                           {keys::deadline(overdue.node, overdue.target), std::to_string(overdue.lease_ms),
                            field, std::to_string(now_ms), std::string(alert), std::string(budget_alert),
                            std::to_string(limits_.alerts_per_hour), kBudgetSeconds}}});
  if (!done) return std::move(done).error();
  return {};
}

Result<std::vector<std::string>> NodeWatch::take_outbox(std::uint64_t now_ms, std::size_t most) {
  static const Script script(scripts::kTakeOutbox);
  auto replies = redis_.run(
      script, {{{keys::outbox()},
                {std::to_string(now_ms), std::to_string(now_ms + kLeaseMs), std::to_string(most)}}});
  if (!replies) return std::move(replies).error();
  std::vector<std::string> events;
  for (Reply& item : replies->front().items) events.push_back(std::move(item.text));
  return events;
}

schema::Status NodeWatch::told(std::string_view event) {
  const auto done = redis_.command({"ZREM", keys::outbox(), event});
  if (!done) return done.error();
  return {};
}

schema::Status NodeWatch::later(std::string_view event, std::uint64_t when_ms) {
  const auto done = redis_.command({"ZADD", keys::outbox(), "XX", std::to_string(when_ms), event});
  if (!done) return done.error();
  return {};
}

}  // namespace fuzzmill::store
