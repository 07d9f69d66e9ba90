#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <random>

#include "broker/spool_rows.h"
#include "broker/spool_rules.h"
#include "broker/spool_tables.h"
#include "broker/spool_thinning.h"
#include "broker/write_line.h"
#include "schema/event_codec.h"

namespace fuzzmill::broker {
namespace {

using schema::Result;
using schema::Status;
using schema::Topic;

constexpr std::size_t kMaxTogether = 256;  // puts in one transaction
constexpr std::size_t kDropTogether = 64;  // a full spool is not emptied row by row

// A sample may be lost with the machine's power, and its number with it; a crash or snapshot waits for the
// disk.
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
  bool settled = false;  // whatever goes wrong afterwards is none of its
};

// A topic has one lane that its events come to, and of those that do not wait for the disk older ones, which
// were opened by a process before us and are left to run empty.
struct LaneState : LaneRow {
  bool open = false;
  ThinningRound thinning;
};

class SqliteSpool : public Spool {
 public:
  SqliteSpool(std::unique_ptr<Database> database, std::uint64_t max_bytes)
      : database_(std::move(database)), db_(*database_), max_bytes_(max_bytes) {}

  Status load() {
    if (auto made = make_tables(db_); !made) return made;
    auto sums = rows_.sums();
    if (!sums) return std::move(sums).error();
    sums_ = std::move(*sums);
    auto lanes = rows_.lanes();
    if (!lanes) return std::move(lanes).error();
    for (const LaneRow& lane : *lanes) {
      const bool open = waits_for_disk(lane.topic);
      if (open || sums_.waiting[lane.source] > 0) {
        lanes_.push_back({lane, open, {}});
      } else {
        (void)rows_.remove_lane(lane.source);  // on a full disk it stays
      }
    }
    put_refused_again();
    return {};
  }

  Result<schema::EventId> put(schema::Event event, std::vector<Attachment> attachments) override {
    Put put(std::move(event), std::move(attachments), nullptr);
    pass(put);
    if (put.error) return std::move(*put.error);
    return schema::EventId::of(put.packed.source, put.packed.sequence);
  }

  Result<bool> put_once(const std::string& key, schema::Event event,
                        std::vector<Attachment> attachments) override {
    Put put(std::move(event), std::move(attachments), &key);
    pass(put);
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
    for (const LaneState& lane : lanes_) {
      if (lane.open || sums_.waiting[lane.source] > 0) lanes.push_back({lane.source, lane.topic});
    }
    return lanes;
  }

  Result<std::vector<SpooledEvent>> after(std::uint64_t source, std::uint64_t sequence, std::size_t count,
                                          std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    LaneState* lane = lane_of(source);
    if (lane == nullptr || waits_for_older(*lane)) return std::vector<SpooledEvent>();
    auto events = rows_.read(source, sequence, count, bytes);
    if (!events || events->empty()) return events;
    mark_handed(*lane, events->back().sequence);
    return events;
  }

  Status forget(std::uint64_t source, std::uint64_t sequence) override {
    const std::lock_guard lock(mutex_);
    SpoolSums next = sums_;
    auto status = db_.transact(Durability::kProcess, [&] { return rows_.remove(source, sequence, next); });
    if (status) sums_ = std::move(next);
    return status;
  }

  Status set_aside(std::uint64_t source, std::uint64_t sequence, const std::string& reason) override {
    const std::lock_guard lock(mutex_);
    const LaneState* lane = lane_of(source);
    if (lane == nullptr) return {};
    SpoolSums next = sums_;
    auto status = db_.transact(Durability::kPower,
                               [&] { return rows_.set_aside(source, sequence, lane->topic, reason, next); });
    if (status) sums_ = std::move(next);
    return status;
  }

  SpoolState state() override {
    const std::lock_guard lock(mutex_);
    return sums_.state;
  }

 private:
  void pass(Put& put) {
    try {
      line_.pass(put, [this](const std::vector<Put*>& together) { write(together); });
    } catch (const std::exception& e) {
      if (!put.settled) put.error = schema::unavailable(fmt::format("spool: {}", e.what()));
    }
  }

  void write(const std::vector<Put*>& together) {
    const std::lock_guard lock(mutex_);
    try {
      std::vector<Put*> ready;
      for (Put* one : together) {
        if (auto prepared = prepare(*one); !prepared) {
          one->error = std::move(prepared).error();
        }
        one->settled = one->error.has_value() || one->was_known;
        if (!one->settled) ready.push_back(one);
      }
      // One alone may fit on a disk that is too full for all.
      together_or_each(ready, [this](const std::vector<Put*>& some) { return write_together(some); });
    } catch (const std::exception& e) {
      for (Put* one : together) {
        if (!one->settled) one->error = schema::unavailable(fmt::format("spool: {}", e.what()));
      }
    }
  }

  // A number that is not used after all is left out.
  Status prepare(Put& put) {
    if (put.key != nullptr && (put.was_known = rows_.knows(*put.key))) return {};
    auto source = open_lane(put.topic);
    if (!source) return std::move(source).error();
    LaneState& lane = *lane_of(*source);
    auto packed = pack(std::move(put.event), std::move(put.attachments), lane.source, lane.last + 1);
    if (!packed) return std::move(packed).error();
    put.packed = std::move(*packed);
    lane.last = put.packed.sequence;
    return {};
  }

  bool write_together(const std::vector<Put*>& together) {
    SpoolSums next = sums_;
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
      sums_ = std::move(next);
      for (Put* one : together) one->settled = true;
      return true;
    }
    for (Put* one : together) one->error = status.error();
    return false;
  }

  // An error is one of the file; what is wrong with the put itself becomes its own.
  Status keep(Put& put, SpoolSums& next) {
    if (put.key != nullptr && (put.was_known = rows_.knows(*put.key))) return {};
    const std::size_t size = size_of(put.packed);
    if (auto made = make_room(put.topic, size, next); !made) return made;
    if (next.bytes() + size > max_bytes_) {
      put.error =
          schema::unavailable(fmt::format("spool is full: {} bytes wait for the broker, {} that it refused",
                                          next.state.bytes, next.state.refused_bytes));
      return {};
    }
    if (put.key != nullptr) {
      if (auto kept = rows_.remember(*put.key); !kept) return kept;
    }
    return rows_.insert(put.packed, next);
  }

  // The source of the lane that events of the topic come to.
  Result<std::uint64_t> open_lane(Topic topic) {
    for (const LaneState& lane : lanes_) {
      if (lane.open && lane.topic == topic) return lane.source;
    }
    std::random_device random;
    std::uint64_t source = 0;
    while (source == 0) source = static_cast<std::uint64_t>(random()) << 32 | random();
    if (auto added = rows_.add_lane(topic, source); !added) return std::move(added).error();
    lanes_.push_back({{topic, source, 0, 0}, true, {}});
    return source;
  }

  LaneState* lane_of(std::uint64_t source) {
    const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                    [&](const LaneState& lane) { return lane.source == source; });
    return found == lanes_.end() ? nullptr : &*found;
  }

  bool waits_for_older(const LaneState& lane) {
    return std::any_of<const LaneState*>(lanes_.data(), &lane, [&](const LaneState& older) {
      return older.topic == lane.topic && sums_.waiting[older.source] > 0;
    });
  }

  // Where it cannot be written, this process still knows; sending goes on, a full disk or not.
  void mark_handed(LaneState& lane, std::uint64_t sequence) {
    if (lane.topic != Topic::kResourceSample || lane.handed >= sequence) return;
    lane.handed = sequence;
    (void)db_.transact(Durability::kProcess, [&] { return rows_.mark_handed(lane.source, sequence); });
  }

  // Within the transaction of what wants room. Makes as much as it can, if that will do.
  Status make_room(Topic topic, std::size_t size, SpoolSums& next) {
    const auto full = [&] { return next.bytes() + size > max_bytes_; };
    if (!full()) return {};
    std::uint64_t may_go = next.others_refused;
    for (const LaneState& lane : lanes_) {
      if (makes_way(lane.topic, topic)) may_go += next.waiting[lane.source];
    }
    if (next.bytes() + size > max_bytes_ + may_go) return {};
    if (auto gone = rows_.drop_refused(next); !gone) return gone;
    for (LaneState& lane : lanes_) {
      if (lane.topic != Topic::kResourceSample) continue;
      if (auto thinned = thin_out(lane, full, next); !thinned) return thinned;
    }
    for (const Topic droppable : kMakesWay) {
      if (!makes_way(droppable, topic)) break;
      for (const LaneState& lane : lanes_) {
        if (lane.topic != droppable) continue;
        if (auto dropped = drop(lane, full, next); !dropped) return dropped;
      }
    }
    return {};
  }

  template <class Full>
  Status drop(const LaneState& lane, Full&& full, SpoolSums& next) {
    while (full() && next.waiting[lane.source] > 0) {
      const std::uint64_t before = next.state.events;
      if (auto gone = rows_.drop_oldest(lane.source, kDropTogether, next); !gone) return gone;
      if (next.state.events == before) break;
      next.state.dropped += before - next.state.events;
    }
    return {};
  }

  template <class Full>
  Status thin_out(LaneState& lane, Full&& full, SpoolSums& next) {
    Status failed;
    const auto read_samples = [&](std::uint64_t after) {
      auto samples = rows_.read(lane.source, after, kThinningPass, max_bytes_);
      if (samples) return std::move(*samples);
      failed = std::move(samples).error();
      return std::vector<SpooledEvent>();
    };
    auto thinned = thin_round(lane.handed, lane.last, lane.thinning, full, read_samples,
                              [&](const Thinned& pass) { return rows_.replace(lane.source, pass, next); });
    return failed ? thinned : failed;
  }

  // What cannot be put now, as the disk is full, stays aside until the next time.
  void put_refused_again() {
    const auto refused = rows_.refused(Topic::kCrashFound);
    if (!refused || refused->empty()) return;
    const auto lane = open_lane(Topic::kCrashFound);
    if (!lane) return;
    SpoolSums next = sums_;
    auto status = db_.transact(Durability::kPower, [&]() -> Status {
      for (const auto& [source, sequence] : *refused) {
        if (auto put = put_refused(source, sequence, *lane, next); !put) return put;
      }
      return {};
    });
    if (status) sums_ = std::move(next);
  }

  // One that cannot be read, or that an older version kept without its attachments, stays aside.
  Status put_refused(std::uint64_t source, std::uint64_t sequence, std::uint64_t lane, SpoolSums& next) {
    auto kept = rows_.read_refused(source, sequence);
    if (!kept) return std::move(kept).error();
    auto event = schema::decode(kept->event);
    if (!event || event->attachments.size() != kept->attachments.size()) return {};
    std::vector<Attachment> attachments;
    for (std::size_t i = 0; i < kept->attachments.size(); ++i) {
      attachments.push_back({event->attachments[i].name, std::move(kept->attachments[i])});
    }
    auto& last = lane_of(lane)->last;
    auto packed = pack(std::move(*event), std::move(attachments), lane, last + 1);
    if (!packed) return {};
    ++last;
    if (auto in = rows_.insert(*packed, next); !in) return in;
    return rows_.remove_refused(source, sequence, next);
  }

  std::unique_ptr<Database> database_;
  Database& db_;
  SpoolRows rows_{db_};
  std::uint64_t max_bytes_;
  std::mutex mutex_;              // of all below
  std::vector<LaneState> lanes_;  // the older first
  SpoolSums sums_;

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
