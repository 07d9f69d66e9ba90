#include "broker/spool_rows.h"

#include "broker/spool_rules.h"

namespace fuzzmill::broker {

using schema::Result;
using schema::Status;

Result<SpoolSums> SpoolRows::sums() {
  SpoolSums sums;
  auto lanes = db_.query("SELECT source, count(*), sum(bytes) FROM events GROUP BY source");
  while (lanes.step()) sums.add(lanes.number(0), lanes.number(1), lanes.number(2));
  if (auto done = lanes.done(); !done) return std::move(done).error();
  auto refused = db_.query("SELECT topic, count(*), sum(bytes) FROM refused GROUP BY topic");
  while (refused.step()) {
    sums.state.refused += refused.number(1), sums.state.refused_bytes += refused.number(2);
    if (refused.bytes(0) != name(schema::Topic::kCrashFound)) sums.others_refused += refused.number(2);
  }
  if (auto done = refused.done(); !done) return std::move(done).error();
  return sums;
}

Result<std::vector<LaneRow>> SpoolRows::lanes() {
  std::vector<LaneRow> lanes;
  auto rows = db_.query(
      "SELECT topic, source, max(last, coalesce((SELECT max(sequence) FROM events e "
      "WHERE e.source = l.source), 0)), handed FROM lanes l ORDER BY number");
  while (rows.step()) {
    if (const auto topic = schema::topic_named(rows.bytes(0))) {
      lanes.push_back({*topic, rows.number(1), rows.number(2), rows.number(3)});
    }
  }
  if (auto done = rows.done(); !done) return std::move(done).error();
  return lanes;
}

Status SpoolRows::add_lane(schema::Topic topic, std::uint64_t source) {
  auto row = db_.query("INSERT INTO lanes (topic, source, last, handed) VALUES (?, ?, 0, 0)");
  return row.bind_text(1, name(topic)).bind(2, source).done();
}

Status SpoolRows::remove_lane(std::uint64_t source) {
  return db_.query("DELETE FROM lanes WHERE source = ?").bind(1, source).done();
}

Status SpoolRows::mark_handed(std::uint64_t source, std::uint64_t sequence) {
  return db_.query("UPDATE lanes SET handed = ?2 WHERE source = ?1").bind(1, source).bind(2, sequence).done();
}

bool SpoolRows::knows(const std::string& key) {
  const std::string kept = kept_key(key);
  return db_.query("SELECT 1 FROM published WHERE key = ?").bind(1, kept).step();
}

Status SpoolRows::remember(const std::string& key) {
  const std::string kept = kept_key(key);
  return db_.query("INSERT INTO published VALUES (?)").bind(1, kept).done();
}

Status SpoolRows::insert(const SpooledEvent& packed, SpoolSums& next) {
  auto row = db_.query("INSERT INTO events VALUES (?, ?, ?, ?)");
  row.bind(1, packed.source).bind(2, packed.sequence).bind(3, packed.event).bind(4, size_of(packed));
  if (auto done = row.done(); !done) return done;
  for (std::size_t i = 0; i < packed.attachments.size(); ++i) {
    auto part = db_.query("INSERT INTO attachments VALUES (?, ?, ?, ?)");
    part.bind(1, packed.source).bind(2, packed.sequence).bind(3, i).bind(4, packed.attachments[i]);
    if (auto done = part.done(); !done) return done;
  }
  next.add(packed.source, 1, size_of(packed));
  return {};
}

Result<std::vector<std::string>> SpoolRows::parts(const char* sql, std::uint64_t source,
                                                  std::uint64_t sequence) {
  std::vector<std::string> bytes;
  auto rows = db_.query(sql);
  rows.bind(1, source).bind(2, sequence);
  while (rows.step()) bytes.push_back(rows.bytes(0));
  if (auto done = rows.done(); !done) return std::move(done).error();
  return bytes;
}

Result<std::vector<SpooledEvent>> SpoolRows::read(std::uint64_t source, std::uint64_t sequence,
                                                  std::size_t count, std::size_t bytes) {
  constexpr const char* kParts =
      "SELECT bytes FROM attachments WHERE source = ? AND sequence = ? ORDER BY position";
  std::vector<SpooledEvent> events;
  auto rows = db_.query(
      "SELECT sequence, event, bytes FROM events WHERE source = ? AND sequence > ? ORDER BY sequence LIMIT "
      "?");
  rows.bind(1, source).bind(2, sequence).bind(3, count);
  for (std::size_t total = 0; rows.step();) {
    total += rows.number(2);
    if (!events.empty() && total > bytes) return events;
    SpooledEvent event{source, rows.number(0), rows.bytes(1), {}};
    auto attachments = parts(kParts, source, event.sequence);
    if (!attachments) return std::move(attachments).error();
    event.attachments = std::move(*attachments);
    events.push_back(std::move(event));
  }
  if (auto done = rows.done(); !done) return std::move(done).error();
  return events;
}

Status SpoolRows::remove(std::uint64_t source, std::uint64_t to, SpoolSums& next) {
  {
    auto sums =
        db_.query("SELECT count(*), coalesce(sum(bytes), 0) FROM events WHERE source = ? AND sequence <= ?");
    if (!sums.bind(1, source).bind(2, to).step()) return sums.done();
    if (sums.number(0) == 0) return {};
    next.take(source, sums.number(0), sums.number(1));
  }
  return erase(source, 0, to);
}

Status SpoolRows::erase(std::uint64_t source, std::uint64_t from, std::uint64_t to) {
  for (const char* sql : {"DELETE FROM events WHERE source = ? AND sequence > ? AND sequence <= ?",
                          "DELETE FROM attachments WHERE source = ? AND sequence > ? AND sequence <= ?"}) {
    if (auto done = db_.query(sql).bind(1, source).bind(2, from).bind(3, to).done(); !done) return done;
  }
  auto last = db_.query("UPDATE lanes SET last = max(last, ?2) WHERE source = ?1");
  return last.bind(1, source).bind(2, to).done();
}

Status SpoolRows::drop_oldest(std::uint64_t source, std::size_t count, SpoolSums& next) {
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

Status SpoolRows::take_out(std::uint64_t source, std::uint64_t sequence, SpoolSums& next) {
  const auto bytes = bytes_of(source, sequence);
  if (!bytes) return bytes.error();
  auto gone = db_.query("DELETE FROM events WHERE source = ? AND sequence = ?");
  if (auto done = gone.bind(1, source).bind(2, sequence).done(); !done) return done;
  next.take(source, 1, *bytes);
  return {};
}

Status SpoolRows::replace(std::uint64_t source, const Thinned& thinned, SpoolSums& next) {
  for (const std::uint64_t sequence : thinned.gone) {
    if (auto out = take_out(source, sequence, next); !out) return out;
    ++next.state.merged;
  }
  for (const SpooledEvent& event : thinned.replaced) {
    if (auto out = take_out(source, event.sequence, next); !out) return out;
    if (auto in = insert(event, next); !in) return in;
  }
  return {};
}

}  // namespace fuzzmill::broker
