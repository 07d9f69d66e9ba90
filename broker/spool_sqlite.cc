#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <random>

#include "broker/spool_rows.h"
#include "broker/spool_rules.h"
#include "broker/spool_thinning.h"
#include "broker/write_line.h"

namespace fuzzmill::broker {
namespace {

using schema::Result;
using schema::Status;
using schema::Topic;

constexpr std::size_t kMaxTogether = 256;  // puts in one transaction
constexpr std::size_t kDropTogether = 64;  // a full spool is not emptied row by row

// A sample may be lost with the machine's power; a crash or snapshot waits for the disk.
bool waits_for_disk(Topic topic) { return topic != Topic::kResourceSample && topic != Topic::kHeartbeat; }

// What one caller of put() waits for.
struct Put {
  Put(schema::Event what, std::vector<Attachment> with, const std::string* once)
      : event(std::move(what)), attachments(std::move(with)), key(once), topic(event.topic()) {}

  schema::Event event;
  std::vector<Attachment> attachments;
  const std::string* key;  // may be none
  const Topic topic;

  SpooledEvent packed;
  std::optional<schema::Error> error;
  bool was_known = false;
};

class SqliteSpool : public Spool {
 public:
  SqliteSpool(std::unique_ptr<Database> database, std::uint64_t max_bytes)
      : database_(std::move(database)), db_(*database_), max_bytes_(max_bytes) {}

  Status load() {
    if (auto made = rows_.make_tables(); !made) return made;
    auto lanes = db_.query(
        "SELECT topic, source, max(last, coalesce((SELECT max(sequence) FROM events e "
        "WHERE e.source = l.source), 0)), coalesce((SELECT sequence FROM handed h WHERE h.source = "
        "l.source), 0) "
        "FROM lanes l");
    while (lanes.step()) {
      if (const auto topic = schema::topic_named(lanes.bytes(0))) {
        lanes_[*topic] = {lanes.number(1), lanes.number(2), lanes.number(3)};
      }
    }
    if (auto done = lanes.done(); !done) return done;
    auto sums =
        db_.query("SELECT count(*), coalesce(sum(bytes), 0), (SELECT count(*) FROM refused) FROM events");
    if (!sums.step()) return sums.done();
    state_.events = sums.number(0), state_.bytes = sums.number(1), state_.refused = sums.number(2);
    return {};
  }

  Result<schema::EventId> put(schema::Event event, std::vector<Attachment> attachments) override {
    Put put(std::move(event), std::move(attachments), nullptr);
    line_.pass(put, [this](const std::vector<Put*>& together) { write(together); });
    if (put.error) return std::move(*put.error);
    return schema::EventId::of(put.packed.source, put.packed.sequence);
  }

  Result<bool> put_once(const std::string& key, schema::Event event,
                        std::vector<Attachment> attachments) override {
    Put put(std::move(event), std::move(attachments), &key);
    line_.pass(put, [this](const std::vector<Put*>& together) { write(together); });
    if (put.error) return std::move(*put.error);
    return !put.was_known;
  }

  bool remembers(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    return rows_.knows(key);
  }

  std::vector<Lane> lanes() override {
    const std::lock_guard lock(mutex_);
    std::vector<Lane> lanes;
    for (const auto& [topic, lane] : lanes_) lanes.push_back({lane.source, topic});
    return lanes;
  }

  Result<std::vector<SpooledEvent>> after(std::uint64_t source, std::uint64_t sequence, std::size_t count,
                                          std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    auto events = rows_.read(source, sequence, count, bytes);
    if (!events || events->empty()) return events;
    mark_handed(source, events->back().sequence);
    return events;
  }

  Status forget(std::uint64_t source, std::uint64_t sequence) override {
    const std::lock_guard lock(mutex_);
    SpoolState next = state_;
    auto status = db_.transact(Durability::kProcess, [&] { return rows_.remove(source, sequence, next); });
    if (status) state_ = next;
    return status;
  }

  Status set_aside(std::uint64_t source, std::uint64_t sequence, const std::string& reason) override {
    const std::lock_guard lock(mutex_);
    SpoolState next = state_;
    auto status =
        db_.transact(Durability::kPower, [&] { return rows_.set_aside(source, sequence, reason, next); });
    if (status) state_ = next;
    return status;
  }

  SpoolState state() override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  struct LaneState {
    std::uint64_t source = 0;
    std::uint64_t last = 0;
    std::uint64_t handed = 0;
  };

  // Nothing may escape: others wait for what becomes of their puts.
  void write(const std::vector<Put*>& together) {
    const std::lock_guard lock(mutex_);
    std::vector<Put*> ready;
    try {
      for (Put* one : together) {
        if (auto prepared = prepare(*one); !prepared) {
          one->error = std::move(prepared).error();
        } else if (!one->was_known) {
          ready.push_back(one);
        }
      }
      if (ready.empty() || write_together(ready) || ready.size() == 1) return;
      // One alone may fit on a disk that is too full for all.
      for (Put* one : ready) write_together({one});
    } catch (const std::exception& e) {
      (void)db_.query("ROLLBACK").done();
      for (Put* one : together) one->error = schema::unavailable(fmt::format("spool: {}", e.what()));
    }
  }

  // A number that is not used after all is left out.
  Status prepare(Put& put) {
    if (put.key != nullptr && (put.was_known = rows_.knows(*put.key))) return {};
    if (auto opened = open_lane(put.topic); !opened) return opened;
    LaneState& lane = lanes_[put.topic];
    auto packed = pack(std::move(put.event), std::move(put.attachments), lane.source, lane.last + 1);
    if (!packed) return std::move(packed).error();
    put.packed = std::move(*packed);
    lane.last = put.packed.sequence;
    return {};
  }

  bool write_together(const std::vector<Put*>& together) {
    SpoolState next = state_;
    const bool waits = std::any_of(together.begin(), together.end(),
                                   [](const Put* one) { return waits_for_disk(one->topic); });
    auto status = db_.transact(waits ? Durability::kPower : Durability::kProcess, [&]() -> Status {
      for (Put* one : together) {
        one->error.reset();
        if (auto kept = keep(*one, next); !kept) return kept;
      }
      return {};
    });
    if (status) {
      state_ = next;
      return true;
    }
    for (Put* one : together) one->error = status.error();
    return false;
  }

  // An error is one of the file; what is wrong with the put itself becomes its own.
  Status keep(Put& put, SpoolState& next) {
    if (put.key != nullptr && (put.was_known = rows_.knows(*put.key))) return {};
    const std::size_t size = size_of(put.packed);
    if (auto made = make_room(size, next); !made) return made;
    if (next.bytes + size > max_bytes_) {
      put.error = schema::unavailable(fmt::format("spool is full: {} bytes wait for the broker", next.bytes));
      return {};
    }
    if (put.key != nullptr) {
      if (auto kept = rows_.remember(*put.key); !kept) return kept;
    }
    ++next.events;
    next.bytes += size;
    return rows_.insert(put.packed);
  }

  Status open_lane(Topic topic) {
    if (lanes_.contains(topic)) return {};
    std::random_device random;
    std::uint64_t source = 0;
    while (source == 0) source = static_cast<std::uint64_t>(random()) << 32 | random();
    auto insert = db_.query("INSERT INTO lanes VALUES (?, ?, 0)");
    if (auto done = insert.bind_text(1, name(topic)).bind(2, source).done(); !done) return done;
    lanes_[topic] = {source, 0, 0};
    return {};
  }

  // Where it cannot be written, this process still knows; sending goes on, a full disk or not.
  void mark_handed(std::uint64_t source, std::uint64_t sequence) {
    const auto lane = lanes_.find(Topic::kResourceSample);
    if (lane == lanes_.end() || lane->second.source != source || lane->second.handed >= sequence) return;
    lane->second.handed = sequence;
    (void)db_.transact(Durability::kProcess, [&] {
      return db_.query("INSERT OR REPLACE INTO handed VALUES (?, ?)")
          .bind(1, source)
          .bind(2, sequence)
          .done();
    });
  }

  // Within the transaction of what wants room. Makes as much as it can.
  Status make_room(std::size_t size, SpoolState& next) {
    const auto full = [&] { return next.bytes + size > max_bytes_; };
    if (const auto lane = lanes_.find(Topic::kResourceSample); full() && lane != lanes_.end()) {
      auto thinned = thin_out(lane->second, full, next);
      if (!thinned) return thinned;
    }
    for (const Topic topic : kMakesWay) {
      const auto lane = lanes_.find(topic);
      while (lane != lanes_.end() && full()) {
        const std::uint64_t before = next.events;
        if (auto dropped = rows_.drop_oldest(lane->second.source, kDropTogether, next); !dropped)
          return dropped;
        if (next.events == before) break;
        next.dropped += before - next.events;
      }
    }
    return {};
  }

  template <class Full>
  Status thin_out(const LaneState& lane, Full&& full, SpoolState& next) {
    Status failed;
    const auto read_samples = [&](std::uint64_t after) {
      auto samples = rows_.read(lane.source, after, kThinningPass, max_bytes_);
      if (samples) return std::move(*samples);
      failed = std::move(samples).error();
      return std::vector<SpooledEvent>();
    };
    auto thinned = thin_round(lane.handed, thinning_cursor_, full, read_samples,
                              [&](const Thinned& pass) { return rows_.replace(lane.source, pass, next); });
    return failed ? thinned : failed;
  }

  std::unique_ptr<Database> database_;
  Database& db_;
  SpoolRows rows_{db_};
  std::uint64_t max_bytes_;
  std::mutex mutex_;  // of all below
  std::map<Topic, LaneState> lanes_;
  SpoolState state_;
  std::uint64_t thinning_cursor_ = 0;

  WriteLine<Put> line_{kMaxTogether};  // its lock is never taken under mutex_
};

}  // namespace

Result<std::unique_ptr<Spool>> open_spool(const std::filesystem::path& file, std::uint64_t max_bytes) {
  auto database = Database::open(file);
  if (!database) return std::move(database).error();
  auto spool = std::make_unique<SqliteSpool>(std::move(*database), max_bytes);
  if (auto loaded = spool->load(); !loaded) return std::move(loaded).error();
  return std::unique_ptr<Spool>(std::move(spool));
}

}  // namespace fuzzmill::broker
