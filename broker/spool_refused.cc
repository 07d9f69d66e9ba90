// What the broker refused for good: the rows that are kept aside.
#include "broker/spool_rows.h"

namespace fuzzmill::broker {

using schema::Result;
using schema::Status;
using schema::Topic;

// Attachments are kept of crash events alone: those are put again.
Status SpoolRows::set_aside(std::uint64_t source, std::uint64_t sequence, Topic topic,
                            const std::string& reason, SpoolSums& next) {
  const auto bytes = bytes_of(source, sequence);
  if (!bytes) return bytes.error().code == schema::ErrorCode::kNotFound ? Status() : Status(bytes.error());
  const bool whole = topic == Topic::kCrashFound;
  {
    auto keep = db_.query(
        "INSERT INTO refused (source, sequence, reason, event, topic, bytes) SELECT source, sequence, ?3, "
        "event, ?4, iif(?5, bytes, length(event) + 64) FROM events WHERE source = ?1 AND sequence = ?2 "
        "RETURNING bytes");
    keep.bind(1, source).bind(2, sequence).bind_text(3, reason).bind_text(4, name(topic)).bind(5, whole);
    if (!keep.step()) return keep.done();
    ++next.state.refused, next.state.refused_bytes += keep.number(0);
    if (!whole) next.others_refused += keep.number(0);
    if (auto done = keep.done(); !done) return done;
  }
  if (whole) {
    auto parts = db_.query(
        "INSERT INTO refused_attachments SELECT * FROM attachments WHERE source = ? AND sequence = ?");
    if (auto done = parts.bind(1, source).bind(2, sequence).done(); !done) return done;
  }
  next.take(source, 1, *bytes);
  return erase(source, sequence - 1, sequence);
}

Result<std::vector<std::pair<std::uint64_t, std::uint64_t>>> SpoolRows::refused(Topic topic) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  auto rows = db_.query("SELECT source, sequence FROM refused WHERE topic = ? ORDER BY rowid");
  rows.bind_text(1, name(topic));
  while (rows.step()) found.emplace_back(rows.number(0), rows.number(1));
  if (auto done = rows.done(); !done) return std::move(done).error();
  return found;
}

Result<SpooledEvent> SpoolRows::read_refused(std::uint64_t source, std::uint64_t sequence) {
  constexpr const char* kParts =
      "SELECT bytes FROM refused_attachments WHERE source = ? AND sequence = ? ORDER BY position";
  SpooledEvent event{source, sequence, {}, {}};
  {
    auto row = db_.query("SELECT event FROM refused WHERE source = ? AND sequence = ?");
    if (!row.bind(1, source).bind(2, sequence).step()) {
      if (auto done = row.done(); !done) return std::move(done).error();
      return schema::not_found("the spool has no such refused event");
    }
    event.event = row.bytes(0);
  }
  auto attachments = parts(kParts, source, sequence);
  if (!attachments) return std::move(attachments).error();
  event.attachments = std::move(*attachments);
  return event;
}

Status SpoolRows::remove_refused(std::uint64_t source, std::uint64_t sequence, SpoolSums& next) {
  {
    auto row = db_.query("DELETE FROM refused WHERE source = ? AND sequence = ? RETURNING bytes");
    if (!row.bind(1, source).bind(2, sequence).step()) return row.done();
    --next.state.refused, next.state.refused_bytes -= row.number(0);
    if (auto done = row.done(); !done) return done;
  }
  auto parts = db_.query("DELETE FROM refused_attachments WHERE source = ? AND sequence = ?");
  return parts.bind(1, source).bind(2, sequence).done();
}

Status SpoolRows::drop_refused(SpoolSums& next) {
  if (next.others_refused == 0) return {};
  auto rows = db_.query("DELETE FROM refused WHERE topic != ? RETURNING bytes");
  rows.bind_text(1, name(Topic::kCrashFound));
  while (rows.step()) --next.state.refused, next.state.refused_bytes -= rows.number(0);
  next.others_refused = 0;
  return rows.done();
}

}  // namespace fuzzmill::broker
