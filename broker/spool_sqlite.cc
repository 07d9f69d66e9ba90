#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <random>

#include "broker/spool_rules.h"

namespace fuzzmill::broker {
namespace {

using schema::Result;
using schema::Status;

constexpr const char* kSchema = R"(
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS lanes (topic TEXT PRIMARY KEY, source INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (source INTEGER, sequence INTEGER, event BLOB NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (source, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attachments (source INTEGER, sequence INTEGER, position INTEGER, bytes BLOB NOT NULL,
  PRIMARY KEY (source, sequence, position));
CREATE TABLE IF NOT EXISTS refused (source INTEGER, sequence INTEGER, reason TEXT NOT NULL, event BLOB NOT NULL,
  PRIMARY KEY (source, sequence));
CREATE TABLE IF NOT EXISTS once (key BLOB PRIMARY KEY) WITHOUT ROWID;
)";

// SQLite's integers are signed; a source is 64 random bits.
std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) { sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int at, std::uint64_t value) {
    sqlite3_bind_int64(statement_, at, signed_of(value));
    return *this;
  }
  Statement& bind(int at, std::string_view bytes, bool text = false) {
    const int size = static_cast<int>(bytes.size());
    text ? sqlite3_bind_text(statement_, at, bytes.data(), size, SQLITE_STATIC)
         : sqlite3_bind_blob(statement_, at, bytes.data(), size, SQLITE_STATIC);
    return *this;
  }
  bool step() { return (code_ = sqlite3_step(statement_)) == SQLITE_ROW; }
  std::uint64_t number(int at) { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, at)); }
  std::string bytes(int at) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, at));
    return data == nullptr
               ? std::string()
               : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, at)));
  }
  Status done() {
    while (step()) {
    }
    if (code_ == SQLITE_DONE) return {};
    return schema::unavailable(fmt::format("spool: {}", sqlite3_errmsg(db_)));
  }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_MISUSE;
};

class SqliteSpool : public Spool {
 public:
  SqliteSpool(sqlite3* db, std::uint64_t max_bytes) : db_(db), max_bytes_(max_bytes) {}
  ~SqliteSpool() override { sqlite3_close(db_); }
  SqliteSpool(const SqliteSpool&) = delete;
  SqliteSpool& operator=(const SqliteSpool&) = delete;

  Status load() {
    if (auto status = execute(kSchema); !status) return status;
    Statement lanes(db_,
                    "SELECT topic, source, max(last, coalesce((SELECT max(sequence) FROM events e "
                    "WHERE e.source = l.source), 0)) FROM lanes l");
    while (lanes.step()) {
      if (const auto topic = schema::topic_named(lanes.bytes(0)))
        lanes_[*topic] = {lanes.number(1), lanes.number(2)};
    }
    Statement sums(db_,
                   "SELECT count(*), coalesce(sum(bytes), 0), (SELECT count(*) FROM refused) FROM events");
    if (sums.step())
      state_.events = sums.number(0), state_.bytes = sums.number(1), state_.refused = sums.number(2);
    return {};
  }

  Result<schema::EventId> put(schema::Event event, std::vector<Attachment> attachments) override {
    const std::lock_guard lock(mutex_);
    return store(std::move(event), std::move(attachments), nullptr);
  }

  Result<bool> put_once(const std::string& key, schema::Event event,
                        std::vector<Attachment> attachments) override {
    const std::lock_guard lock(mutex_);
    if (knows(key)) return false;
    if (auto stored = store(std::move(event), std::move(attachments), &key); !stored) {
      return std::move(stored).error();
    }
    return true;
  }

  bool remembers(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    return knows(key);
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
    std::vector<SpooledEvent> events;
    Statement rows(db_,
                   "SELECT sequence, event, bytes FROM events WHERE source = ? AND sequence > ? "
                   "ORDER BY sequence LIMIT ?");
    rows.bind(1, source).bind(2, sequence).bind(3, count);
    for (std::size_t total = 0; rows.step();) {
      total += rows.number(2);
      if (!events.empty() && total > bytes) break;
      SpooledEvent event{source, rows.number(0), rows.bytes(1), {}};
      Statement parts(db_,
                      "SELECT bytes FROM attachments WHERE source = ? AND sequence = ? ORDER BY position");
      parts.bind(1, source).bind(2, event.sequence);
      while (parts.step()) event.attachments.push_back(parts.bytes(0));
      events.push_back(std::move(event));
    }
    return events;
  }

  Status forget(std::uint64_t source, std::uint64_t sequence) override {
    const std::lock_guard lock(mutex_);
    Statement sums(db_,
                   "SELECT count(*), coalesce(sum(bytes), 0) FROM events WHERE source = ? AND sequence <= ?");
    sums.bind(1, source).bind(2, sequence);
    if (!sums.step() || sums.number(0) == 0) return {};
    const std::uint64_t events = sums.number(0), bytes = sums.number(1);
    auto status = transact([&] { return remove(source, 0, sequence); });
    if (status) state_.events -= events, state_.bytes -= bytes;
    return status;
  }

  Status set_aside(std::uint64_t source, std::uint64_t sequence, const std::string& reason) override {
    const std::lock_guard lock(mutex_);
    Statement row(db_, "SELECT bytes FROM events WHERE source = ? AND sequence = ?");
    if (!row.bind(1, source).bind(2, sequence).step()) return {};
    const std::uint64_t bytes = row.number(0);
    auto status = transact([&]() -> Status {
      Statement keep(db_,
                     "INSERT OR REPLACE INTO refused SELECT source, sequence, ?3, event FROM events "
                     "WHERE source = ?1 AND sequence = ?2");
      if (auto done = keep.bind(1, source).bind(2, sequence).bind(3, reason, true).done(); !done) return done;
      return remove(source, sequence - 1, sequence);
    });
    if (status) --state_.events, state_.bytes -= bytes, ++state_.refused;
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
  };

  Status execute(const char* sql) {
    char* message = nullptr;
    if (sqlite3_exec(db_, sql, nullptr, nullptr, &message) == SQLITE_OK) return {};
    auto error =
        schema::unavailable(fmt::format("spool: {}", message == nullptr ? "cannot execute" : message));
    sqlite3_free(message);
    return error;
  }

  template <class F>
  Status transact(F&& work) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    Status status = work();
    if (status) status = execute("COMMIT");
    if (!status) (void)execute("ROLLBACK");
    return status;
  }

  bool knows(const std::string& key) {
    Statement row(db_, "SELECT 1 FROM once WHERE key = ?");
    return row.bind(1, key).step();
  }

  Result<schema::EventId> store(schema::Event event, std::vector<Attachment> attachments,
                                const std::string* key) {
    const schema::Topic topic = event.topic();
    if (auto opened = open_lane(topic); !opened) return std::move(opened).error();
    LaneState& lane = lanes_[topic];
    auto packed = pack(std::move(event), std::move(attachments), lane.source, lane.last + 1);
    if (!packed) return std::move(packed).error();
    if (auto room = make_room(size_of(*packed)); !room) return std::move(room).error();
    // A sample may be lost with the machine's power; a crash or snapshot waits for the disk.
    const bool may_drop = std::find(kMakesWay.begin(), kMakesWay.begin() + 2, topic) != kMakesWay.begin() + 2;
    if (auto set = execute(may_drop ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL"); !set) {
      return std::move(set).error();
    }
    auto stored = transact([&]() -> Status {
      if (key != nullptr) {
        Statement row(db_, "INSERT INTO once VALUES (?)");
        if (auto done = row.bind(1, *key).done(); !done) return done;
      }
      return insert(*packed);
    });
    if (!stored) return std::move(stored).error();
    lane.last = packed->sequence;
    ++state_.events;
    state_.bytes += size_of(*packed);
    return schema::EventId::of(packed->source, packed->sequence);
  }

  Status open_lane(schema::Topic topic) {
    if (lanes_.contains(topic)) return {};
    std::random_device random;
    std::uint64_t source = 0;
    while (source == 0) source = static_cast<std::uint64_t>(random()) << 32 | random();
    Statement insert(db_, "INSERT INTO lanes VALUES (?, ?, 0)");
    if (auto done = insert.bind(1, name(topic), true).bind(2, source).done(); !done) return done;
    lanes_[topic] = {source, 0};
    return {};
  }

  Status insert(const SpooledEvent& packed) {
    Statement row(db_, "INSERT INTO events VALUES (?, ?, ?, ?)");
    row.bind(1, packed.source).bind(2, packed.sequence).bind(3, packed.event).bind(4, size_of(packed));
    if (auto done = row.done(); !done) return done;
    for (std::size_t i = 0; i < packed.attachments.size(); ++i) {
      Statement part(db_, "INSERT INTO attachments VALUES (?, ?, ?, ?)");
      part.bind(1, packed.source).bind(2, packed.sequence).bind(3, i).bind(4, packed.attachments[i]);
      if (auto done = part.done(); !done) return done;
    }
    return {};
  }

  // The events after `from` up to `to`, and the lane remembers that it has come so far.
  Status remove(std::uint64_t source, std::uint64_t from, std::uint64_t to) {
    for (const char* sql : {"DELETE FROM events WHERE source = ?1 AND sequence > ?2 AND sequence <= ?3",
                            "DELETE FROM attachments WHERE source = ?1 AND sequence > ?2 AND sequence <= ?3",
                            "UPDATE lanes SET last = max(last, ?3 + 0 * ?2) WHERE source = ?1"}) {
      Statement statement(db_, sql);
      if (auto done = statement.bind(1, source).bind(2, from).bind(3, to).done(); !done) return done;
    }
    return {};
  }

  // Oldest first of what may make way, a share of the spool at a time, so that a full spool is not
  // emptied row by row.
  Status make_room(std::size_t size) {
    for (const schema::Topic topic : kMakesWay) {
      const auto lane = lanes_.find(topic);
      while (lane != lanes_.end() && state_.bytes + size > max_bytes_) {
        Statement rows(db_,
                       "SELECT max(sequence), count(*), sum(bytes) FROM (SELECT sequence, bytes FROM events "
                       "WHERE source = ? ORDER BY sequence LIMIT 64)");
        if (!rows.bind(1, lane->second.source).step() || rows.number(1) == 0) break;
        const std::uint64_t upto = rows.number(0), count = rows.number(1), bytes = rows.number(2);
        auto status = transact([&] { return remove(lane->second.source, 0, upto); });
        if (!status) return status;
        state_.events -= count, state_.bytes -= bytes, state_.dropped += count;
      }
    }
    if (state_.bytes + size <= max_bytes_) return {};
    return schema::unavailable(fmt::format("spool is full: {} bytes wait for the broker", state_.bytes));
  }

  sqlite3* db_;
  std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::map<schema::Topic, LaneState> lanes_;
  SpoolState state_;
};

}  // namespace

Result<std::unique_ptr<Spool>> open_spool(const std::filesystem::path& file, std::uint64_t max_bytes) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  auto spool = std::make_unique<SqliteSpool>(db, max_bytes);
  if (code != SQLITE_OK) {
    return schema::unavailable(
        fmt::format("cannot open the spool {}: {}", file.string(), sqlite3_errmsg(db)));
  }
  ::chmod(file.c_str(), 0600);
  sqlite3_busy_timeout(db, 5000);
  if (auto loaded = spool->load(); !loaded) return std::move(loaded).error().in(file.string());
  return std::unique_ptr<Spool>(std::move(spool));
}

}  // namespace fuzzmill::broker
