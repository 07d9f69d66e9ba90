// The event log in Redis: a stream a topic, a consumer group a stage, dead letters, and the marks that
// make appending idempotent. One transaction (MULTI/EXEC) carries a batch, so that under
// `appendfsync always` a batch costs one fsync and is there wholly or not at all.
//
// Entries are handed out in two ways: XREADGROUP brings them from Redis and leaves them pending; lent ones
// the broker has in memory, and only their span is written (store/loans.h). Either way Redis knows what is
// handed out and not finished.
//
// Life cycle: open() checks the server and creates streams and groups; a broker that hands out calls
// take_back() for itself; then marks() → commit() in turns. After kUnavailable from commit() open it anew.
// Threads: as the Redis connection it owns: one at a time.
// Errors: kUnavailable when Redis went away (what was being committed may or may not be in: retry with
// commit(), the marks and ids make that safe), kConflict when another broker moved a mark since marks(),
// kInvalid from open() when the server would lose acknowledged events.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/keys.h"
#include "schema/result.h"
#include "schema/topic.h"
#include "store/bytes.h"
#include "store/loans.h"
#include "store/redis.h"

namespace fuzzmill::store {

// An event as a consumer group hands it out.
struct LogEntry {
  schema::Topic topic{};
  schema::Stage stage{};
  std::string id;            // Redis' id: "<ms>-<n>"
  Bytes event;               // encoded
  std::uint64_t bucket = 0;  // where its attachments are held; 0 without any
  std::uint64_t attempt = 1;
};

// An entry of a stream, as whoever appended it has it in memory.
struct Appended {
  EntryId id;
  Bytes event;
  std::uint64_t bucket = 0;
};

// Who numbers events: a lane of a publisher, within the key it publishes with, so that no key can move
// the marks of another.
struct Source {
  std::string owner;  // "role.name"
  std::uint64_t number = 0;
  friend auto operator<=>(const Source&, const Source&) = default;
};

struct LogTransaction {
  struct Append {
    schema::Topic topic{};
    std::string_view event;
    std::uint64_t bucket = 0;
    EntryId trim_to{};  // trims what comes before, in whole nodes; 0-0 is no trim
  };
  struct Mark {
    Source source;
    std::uint64_t sequence = 0;
  };
  struct Held {  // a small attachment
    std::uint64_t bucket = 0;
    std::string sha256;
    std::string_view bytes;
  };
  struct Finish {
    schema::Topic topic{};
    schema::Stage stage{};
    std::string_view id;
  };
  struct Dead {
    const LogEntry* entry = nullptr;  // finished as well
    std::string reason;
  };
  struct Read {
    schema::Stage stage{};
    std::size_t count = 0;  // of each topic of the stage but those that are lent or left out
    bool others = true;     // look also where only others may have appended
  };
  struct Lend {  // these instead of reading the topic; they follow cursor()
    schema::Topic topic{};
    schema::Stage stage{};
    std::vector<Appended> entries;
  };

  std::vector<Held> held;
  std::vector<Append> appends;
  std::vector<Mark> marks;
  std::vector<Finish> finished;
  std::vector<Dead> dead;
  std::vector<Read> reads;
  std::vector<Lend> lends;
  std::vector<schema::Subscription> left_out;  // of the reads
  std::vector<schema::Topic> asks;             // how far may these be trimmed after it?
  std::vector<const LogEntry*> due;            // to be claimed: what of them is on loan becomes pending

  bool empty() const;
};

struct Committed {
  std::vector<LogEntry> entries;  // handed out, including such as this very transaction appended
  std::vector<EntryId> ids;       // of the appends, in their order
  // For each topic appended to: the newest entry there was before.
  std::array<std::optional<EntryId>, schema::kTopicCount> before{};
  // The answers to `asks`: every group has finished what comes before.
  std::vector<std::pair<schema::Topic, EntryId>> floors;
  // Stages whose cursor was not where cursor() had it, since another broker moved it: lend again.
  std::array<bool, schema::kStageCount> moved{};
};

struct StageState {
  schema::Topic topic{};
  schema::Stage stage{};
  std::uint64_t waiting = 0;    // not handed out yet; exact up to 10,000
  std::uint64_t in_flight = 0;  // handed out, not finished
  std::string oldest;           // entry id of the oldest that is not finished; empty when none is
};

struct DeadLetter {
  std::string id;  // of the dead letter: "<topic>/<ms>-<n>"
  schema::Topic topic{};
  schema::Stage stage{};
  std::string event;
  std::uint64_t bucket = 0;
  std::string reason;
  std::uint64_t attempts = 0;
  std::string entry;
};

class EventLog {
 public:
  // `consumer` names this broker within the groups.
  static schema::Result<EventLog> open(Redis redis, std::string consumer);

  // The highest durable sequence of each source (0 when unknown), watched: the next commit() fails with
  // kConflict if any of them moves in between.
  schema::Result<std::vector<std::uint64_t>> marks(const std::vector<Source>& sources);

  // One transaction.
  schema::Result<Committed> commit(const LogTransaction& transaction);

  // The entry after which a group hands out, as far as is known here.
  EntryId cursor(schema::Topic topic, schema::Stage stage) const { return group(topic, stage).cursor; }

  // Attachments of a bucket that are held in Redis, in the order asked; empty optional when gone.
  schema::Result<std::vector<std::string>> held(std::uint64_t bucket, const std::vector<std::string>& sha256s,
                                                std::vector<bool>& found);

  // Takes entries over for a new delivery: its attempt is one higher. Entries that are gone are left out.
  schema::Result<std::vector<LogEntry>> claim(const std::vector<LogEntry>& entries);

  // What `broker` has on loan becomes pending for us; for this broker itself before its first commit().
  // Returns the ids.
  schema::Result<std::vector<LogEntry>> take_back(schema::Topic topic, schema::Stage stage,
                                                  const std::string& broker);
  // Who has something on loan from a group.
  schema::Result<std::vector<std::string>> borrowers(schema::Topic topic, schema::Stage stage);

  // Entries that `consumer` holds in the group of a topic, at most `count`.
  schema::Result<std::vector<LogEntry>> pending_of(schema::Topic topic, schema::Stage stage,
                                                   const std::string& consumer, std::size_t count);
  // Consumers of a group that hold entries, or are idle and empty.
  struct ConsumerState {
    std::string name;
    std::uint64_t pending = 0;
  };
  schema::Result<std::vector<ConsumerState>> consumers(schema::Topic topic, schema::Stage stage);
  schema::Status forget_consumer(schema::Topic topic, schema::Stage stage, const std::string& consumer);

  // Drops what every group has finished. Returns how many entries stay.
  schema::Result<std::uint64_t> trim(schema::Topic topic);

  // Unix milliseconds of the oldest event of any topic that some stage has not finished; `now_ms` if none.
  schema::Result<std::uint64_t> oldest_unfinished(std::uint64_t now_ms);

  Redis& redis() { return redis_; }
  const std::string& consumer() const { return consumer_; }

 private:
  EventLog(Redis redis, std::string consumer) : redis_(std::move(redis)), consumer_(std::move(consumer)) {}

  struct Group {
    Loans loans;
    EntryId cursor;
    bool changed = false;  // loans are not in Redis as they are here
  };
  Group& group(schema::Topic topic, schema::Stage stage) {
    return groups_[static_cast<std::size_t>(topic)][static_cast<std::size_t>(stage)];
  }
  const Group& group(schema::Topic topic, schema::Stage stage) const {
    return groups_[static_cast<std::size_t>(topic)][static_cast<std::size_t>(stage)];
  }
  void append_additions(const LogTransaction& transaction);
  void append_ends(const LogTransaction& transaction);
  void append_pending(schema::Topic topic, schema::Stage stage, const std::vector<EntryId>& ids);
  void append_lend(const LogTransaction::Lend& lend);
  void append_read(const LogTransaction& transaction, const LogTransaction::Read& read);
  void read_committed(const LogTransaction& transaction, const redisReply& reply, Committed& committed);
  void lent(const LogTransaction::Lend& lend, const redisReply& reply, Committed& committed);

  Redis redis_;
  std::string consumer_;
  std::array<std::array<Group, schema::kStageCount>, schema::kTopicCount> groups_;
};

// --- for people and tools; any connection ---
schema::Result<std::vector<StageState>> stage_states(Redis& redis);
schema::Result<std::vector<DeadLetter>> dead_letters(Redis& redis, std::size_t most);
schema::Result<std::uint64_t> dead_letter_count(Redis& redis, schema::Topic topic);
// Back into the log, for the stage that could not take it and, as the log has it, every other stage of
// the topic: their effects are keyed by event id, so that they do nothing a second time.
schema::Status requeue(Redis& redis, const DeadLetter& letter);
schema::Status drop(Redis& redis, const DeadLetter& letter);

}  // namespace fuzzmill::store
