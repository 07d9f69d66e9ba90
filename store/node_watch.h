// What people were told of nodes and targets: raises each change once, however many workers look at once.
//
//   observe()     a sample or heartbeat with what it means for each alert → the changes to tell
//   overdue()     who is silent, leased to the caller → raise_silent() tells it, in the outbox
//   take_outbox() alerts that no delivery caused, leased to the caller → told() or later()
//
// An alert is raised when its word has been seen so many times in a row, told again when the word changes,
// and over when there has been none as many times in a row. Each call is one script in Redis, so two workers
// cannot both raise it; what a repeated delivery raised is remembered for two days and raised again as it
// was. A node whose clock is set back is heard all the same: of one source it is the number of a sample that
// says what is older, and a start that is minutes older than the last stop is one. Life cycle: borrows a
// connection. Threads: those of its connection. Errors: those of store::Redis; kInvalid when a name is none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/event.h"
#include "store/redis.h"

namespace fuzzmill::store {

// What a sample says of one alert.
struct WatchCheck {
  std::string alert;         // target.state, node.disk, …
  std::string word;          // what is wrong: a state, "over"; empty when nothing is
  bool undecided = false;    // neither wrong nor well: between a limit and its margin
  std::uint64_t needed = 1;  // times in a row before it counts
};

struct WatchRequest {
  enum class Kind { kSample, kStart, kHour, kStop };
  schema::EventId event;
  std::string node, target;  // no target: the node itself
  std::uint64_t time_ms = 0;
  std::uint64_t interval_ms = 0;  // of a sample, 0 when it has none
  Kind kind = Kind::kSample;
  std::vector<WatchCheck> checks;
};

struct WatchChange {
  enum class Kind { kRaised, kOver, kBudgetSpent };
  std::size_t check = 0;  // its place in the request
  Kind kind = Kind::kRaised;
  std::string told;  // the word that people were told before; empty: none
};

struct Overdue {
  std::string node, target;       // no target: the node itself
  std::uint64_t deadline_ms = 0;  // when it should have been heard of
  std::uint64_t lease_ms = 0;     // this call's
};

struct NodeWatchLimits {
  std::uint64_t alerts_per_hour = 60;  // of nodes and targets; crashes have a budget of their own
  std::uint64_t silent_intervals = 3;
  std::uint64_t least_interval_ms = 30'000;  // of those that sample more often or do not say
  std::uint64_t most_interval_ms = 6 * 3'600'000;
};

class NodeWatch {
 public:
  NodeWatch(Redis& redis, NodeWatchLimits limits) : redis_(redis), limits_(limits) {}

  // The changes of each, in order. NodeIndex::take() must have taken the event before: targets that it does
  // not keep are not watched. `now_ms` bounds the times that nodes claim.
  schema::Result<std::vector<std::vector<WatchChange>>> observe(const std::vector<WatchRequest>& batch,
                                                                std::uint64_t now_ms);

  // Nodes and targets that should have been heard of by now, at most `most`. Nobody else gets them for a
  // minute. Of a silent node its targets are left out.
  schema::Result<std::vector<Overdue>> overdue(std::uint64_t now_ms, std::size_t most = 100);

  // Puts the alert into the outbox, unless the silent one was heard of meanwhile. When the budget is spent
  // `budget_alert` goes there instead, once an hour, and the alert comes again. Both encoded events.
  schema::Status raise_silent(const Overdue& overdue, std::string_view alert, std::string_view budget_alert,
                              std::uint64_t now_ms);

  // Alerts that are due, at most `most`; nobody else gets them for a minute.
  schema::Result<std::vector<std::string>> take_outbox(std::uint64_t now_ms, std::size_t most = 100);
  schema::Status told(std::string_view event);
  schema::Status later(std::string_view event, std::uint64_t when_ms);

 private:
  Redis& redis_;
  NodeWatchLimits limits_;
};

}  // namespace fuzzmill::store
