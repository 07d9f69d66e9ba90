// The rows of a spool on disk: what each step reads and writes. No step begins or ends a transaction; those
// that take `next` keep in it what they changed, for the caller to believe once its transaction is through.
//
// Errors are those of the file (spool_database.h). Threads: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/spool.h"
#include "broker/spool_database.h"
#include "broker/spool_thinning.h"

namespace fuzzmill::broker {

class SpoolRows {
 public:
  explicit SpoolRows(Database& db) : db_(db) {}

  schema::Status make_tables();

  bool knows(const std::string& key);
  schema::Status remember(const std::string& key);

  schema::Status insert(const SpooledEvent& packed);
  // As Spool::after().
  schema::Result<std::vector<SpooledEvent>> read(std::uint64_t source, std::uint64_t sequence,
                                                 std::size_t count, std::size_t bytes);
  // Every event of the lane up to `to`; the lane remembers that it has come so far.
  schema::Status remove(std::uint64_t source, std::uint64_t to, SpoolState& next);
  schema::Status drop_oldest(std::uint64_t source, std::size_t count, SpoolState& next);
  schema::Status set_aside(std::uint64_t source, std::uint64_t sequence, const std::string& reason,
                           SpoolState& next);
  schema::Status replace(std::uint64_t source, const Thinned& thinned, SpoolState& next);

 private:
  // kNotFound when there is no such event.
  schema::Result<std::uint64_t> bytes_of(std::uint64_t source, std::uint64_t sequence);
  schema::Status take_out(std::uint64_t source, std::uint64_t sequence, SpoolState& next);
  // The events after `from` up to `to`.
  schema::Status erase(std::uint64_t source, std::uint64_t from, std::uint64_t to);

  Database& db_;
};

}  // namespace fuzzmill::broker
