// The rows of a spool on disk: what each step reads and writes. No step begins or ends a transaction; those
// that take `next` keep in it what they changed, for the caller to believe once its transaction is through.
//
// Errors are those of the file (spool_database.h). Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/spool.h"
#include "broker/spool_database.h"
#include "broker/spool_thinning.h"

namespace fuzzmill::broker {

struct SpoolSums {
  SpoolState state;
  std::map<std::uint64_t, std::uint64_t> waiting;  // bytes of each lane, by source
  std::uint64_t others_refused = 0;                // bytes of what was refused and is no crash

  std::uint64_t bytes() const { return state.bytes + state.refused_bytes; }
  void add(std::uint64_t source, std::uint64_t events, std::uint64_t bytes) {
    state.events += events, state.bytes += bytes, waiting[source] += bytes;
  }
  void take(std::uint64_t source, std::uint64_t events, std::uint64_t bytes) {
    state.events -= events, state.bytes -= bytes, waiting[source] -= bytes;
  }
};

struct LaneRow {
  schema::Topic topic{};
  std::uint64_t source = 0;
  std::uint64_t last = 0;    // the highest sequence that was used
  std::uint64_t handed = 0;  // how far it was handed out
};

class SpoolRows {
 public:
  explicit SpoolRows(Database& db) : db_(db) {}

  schema::Result<SpoolSums> sums();
  // The older first.
  schema::Result<std::vector<LaneRow>> lanes();
  schema::Status add_lane(schema::Topic topic, std::uint64_t source);
  schema::Status remove_lane(std::uint64_t source);
  schema::Status mark_handed(std::uint64_t source, std::uint64_t sequence);

  bool knows(const std::string& key);
  schema::Status remember(const std::string& key);

  schema::Status insert(const SpooledEvent& packed, SpoolSums& next);
  // As Spool::after(), of this lane alone.
  schema::Result<std::vector<SpooledEvent>> read(std::uint64_t source, std::uint64_t sequence,
                                                 std::size_t count, std::size_t bytes);
  // Every event of the lane up to `to`; the lane remembers that it has come so far.
  schema::Status remove(std::uint64_t source, std::uint64_t to, SpoolSums& next);
  schema::Status drop_oldest(std::uint64_t source, std::size_t count, SpoolSums& next);
  schema::Status replace(std::uint64_t source, const Thinned& thinned, SpoolSums& next);

  schema::Status set_aside(std::uint64_t source, std::uint64_t sequence, schema::Topic topic,
                           const std::string& reason, SpoolSums& next);
  // Source and sequence of each refused event of the topic, in their order.
  schema::Result<std::vector<std::pair<std::uint64_t, std::uint64_t>>> refused(schema::Topic topic);
  // kNotFound when there is no such refused event.
  schema::Result<SpooledEvent> read_refused(std::uint64_t source, std::uint64_t sequence);
  schema::Status remove_refused(std::uint64_t source, std::uint64_t sequence, SpoolSums& next);
  // All that are no crashes.
  schema::Status drop_refused(SpoolSums& next);

 private:
  // kNotFound when there is no such event.
  schema::Result<std::uint64_t> bytes_of(std::uint64_t source, std::uint64_t sequence);
  schema::Status take_out(std::uint64_t source, std::uint64_t sequence, SpoolSums& next);
  schema::Result<std::vector<std::string>> parts(const char* sql, std::uint64_t source,
                                                 std::uint64_t sequence);
  // The events after `from` up to `to`.
  schema::Status erase(std::uint64_t source, std::uint64_t from, std::uint64_t to);

  Database& db_;
};

}  // namespace fuzzmill::broker
