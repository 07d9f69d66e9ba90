#include "broker/spool_rows.h"

#include "broker/spool_rules.h"

namespace fuzzmill::broker {
namespace {

using schema::Result;
using schema::Status;

// `handed` is how far the sample lane was handed out, by this process or one before it: see spool_thinning.h.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS lanes (topic TEXT PRIMARY KEY, source INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (source INTEGER, sequence INTEGER, event BLOB NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (source, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attachments (source INTEGER, sequence INTEGER, position INTEGER, bytes BLOB NOT NULL,
  PRIMARY KEY (source, sequence, position));
CREATE TABLE IF NOT EXISTS refused (source INTEGER, sequence INTEGER, reason TEXT NOT NULL, event BLOB NOT NULL,
  PRIMARY KEY (source, sequence));
CREATE TABLE IF NOT EXISTS once (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handed (source INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
)";

}  // namespace

Status SpoolRows::make_tables() { return db_.execute(kSchema); }

bool SpoolRows::knows(const std::string& key) {
  return db_.query("SELECT 1 FROM once WHERE key = ?").bind(1, key).step();
}

Status SpoolRows::remember(const std::string& key) {
  return db_.query("INSERT INTO once VALUES (?)").bind(1, key).done();
}

Status SpoolRows::insert(const SpooledEvent& packed) {
  auto row = db_.query("INSERT INTO events VALUES (?, ?, ?, ?)");
  row.bind(1, packed.source).bind(2, packed.sequence).bind(3, packed.event).bind(4, size_of(packed));
  if (auto done = row.done(); !done) return done;
  for (std::size_t i = 0; i < packed.attachments.size(); ++i) {
    auto part = db_.query("INSERT INTO attachments VALUES (?, ?, ?, ?)");
    part.bind(1, packed.source).bind(2, packed.sequence).bind(3, i).bind(4, packed.attachments[i]);
    if (auto done = part.done(); !done) return done;
  }
  return {};
}

Result<std::vector<SpooledEvent>> SpoolRows::read(std::uint64_t source, std::uint64_t sequence,
                                                  std::size_t count, std::size_t bytes) {
  std::vector<SpooledEvent> events;
  auto rows = db_.query(
      "SELECT sequence, event, bytes FROM events WHERE source = ? AND sequence > ? ORDER BY sequence LIMIT "
      "?");
  rows.bind(1, source).bind(2, sequence).bind(3, count);
  for (std::size_t total = 0; rows.step();) {
    total += rows.number(2);
    if (!events.empty() && total > bytes) return events;
    SpooledEvent event{source, rows.number(0), rows.bytes(1), {}};
    auto parts =
        db_.query("SELECT bytes FROM attachments WHERE source = ? AND sequence = ? ORDER BY position");
    parts.bind(1, source).bind(2, event.sequence);
    while (parts.step()) event.attachments.push_back(parts.bytes(0));
    if (auto done = parts.done(); !done) return std::move(done).error();
    events.push_back(std::move(event));
  }
  if (auto done = rows.done(); !done) return std::move(done).error();
  return events;
}

Status SpoolRows::remove(std::uint64_t source, std::uint64_t to, SpoolState& next) {
  {
    auto sums =
        db_.query("SELECT count(*), coalesce(sum(bytes), 0) FROM events WHERE source = ? AND sequence <= ?");
    if (!sums.bind(1, source).bind(2, to).step()) return sums.done();
    if (sums.number(0) == 0) return {};
    next.events -= sums.number(0), next.bytes -= sums.number(1);
  }
  return erase(source, 0, to);
}

Status SpoolRows::erase(std::uint64_t source, std::uint64_t from, std::uint64_t to) {
  for (const char* sql : {"DELETE FROM events WHERE source = ?1 AND sequence > ?2 AND sequence <= ?3",
                          "DELETE FROM attachments WHERE source = ?1 AND sequence > ?2 AND sequence <= ?3",
                          "UPDATE lanes SET last = max(last, ?3 + 0 * ?2) WHERE source = ?1"}) {
    if (auto done = db_.query(sql).bind(1, source).bind(2, from).bind(3, to).done(); !done) return done;
  }
  return {};
}

Status SpoolRows::drop_oldest(std::uint64_t source, std::size_t count, SpoolState& next) {
  std::uint64_t upto = 0;
  {
    auto rows = db_.query(
        "SELECT max(sequence) FROM (SELECT sequence FROM events WHERE source = ? ORDER BY sequence LIMIT "
        "?)");
    if (!rows.bind(1, source).bind(2, count).step()) return rows.done();
    upto = rows.number(0);
  }
  return remove(source, upto, next);
}

Result<std::uint64_t> SpoolRows::bytes_of(std::uint64_t source, std::uint64_t sequence) {
  auto row = db_.query("SELECT bytes FROM events WHERE source = ? AND sequence = ?");
  if (row.bind(1, source).bind(2, sequence).step()) return row.number(0);
  if (auto done = row.done(); !done) return std::move(done).error();
  return schema::not_found("the spool has no such event");
}

Status SpoolRows::set_aside(std::uint64_t source, std::uint64_t sequence, const std::string& reason,
                            SpoolState& next) {
  const auto bytes = bytes_of(source, sequence);
  if (!bytes) return bytes.error().code == schema::ErrorCode::kNotFound ? Status() : Status(bytes.error());
  auto keep = db_.query(
      "INSERT OR REPLACE INTO refused SELECT source, sequence, ?3, event FROM events "
      "WHERE source = ?1 AND sequence = ?2");
  if (auto done = keep.bind(1, source).bind(2, sequence).bind_text(3, reason).done(); !done) return done;
  --next.events, next.bytes -= *bytes, ++next.refused;
  return erase(source, sequence - 1, sequence);
}

Status SpoolRows::take_out(std::uint64_t source, std::uint64_t sequence, SpoolState& next) {
  const auto bytes = bytes_of(source, sequence);
  if (!bytes) return bytes.error();
  auto gone = db_.query("DELETE FROM events WHERE source = ? AND sequence = ?");
  if (auto done = gone.bind(1, source).bind(2, sequence).done(); !done) return done;
  --next.events, next.bytes -= *bytes;
  return {};
}

Status SpoolRows::replace(std::uint64_t source, const Thinned& thinned, SpoolState& next) {
  for (const std::uint64_t sequence : thinned.gone) {
    if (auto out = take_out(source, sequence, next); !out) return out;
    ++next.merged;
  }
  for (const SpooledEvent& event : thinned.replaced) {
    if (auto out = take_out(source, event.sequence, next); !out) return out;
    if (auto in = insert(event); !in) return in;
    ++next.events, next.bytes += size_of(event);
  }
  return {};
}

}  // namespace fuzzmill::broker
