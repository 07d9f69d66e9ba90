// What Redis knows of corpus archives (keys fuzzmill:{corpus}:…): which there are, which is the newest of a
// target, when each expires, what lies in quarantine, and which files a node need not send again. All of it
// can be rebuilt from the archives alone (store/reindex.h).
//
// Every change is one Lua script, so it happens wholly or not at all, and idempotent: what is done twice is
// done once. An archive is listed or in quarantine, never both.
//
// Life cycle: as long as its Redis. Threads: that of its Redis.
// Errors: those of Redis; kInvalid for names that are none; kNotFound for an archive that is unknown;
// kConflict as told below.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/digest.h"
#include "store/redis.h"

namespace fuzzmill::store {

struct ArchiveNode {
  std::string node;
  std::string snapshot;  // 16 hex digits
  friend bool operator==(const ArchiveNode&, const ArchiveNode&) = default;
};

struct CatalogRow {
  std::string id;                  // schema::archive_id(), 16 hex digits
  std::string target;              // a valid_name()
  std::string object;              // corpus/<target>/<file name>; in quarantine it lies below quarantine/
  std::string sha256;              // of the archive's file, 64 hex digits
  std::string format;              // tar.zst or tar.gz
  std::vector<ArchiveNode> nodes;  // whose newest snapshots it holds
  std::uint64_t bytes = 0;         // of the archive's file
  std::uint64_t files = 0, files_bytes = 0;
  std::uint64_t files_left_out = 0;  // on the nodes, by selection
  std::uint64_t time_ms = 0;         // of its newest snapshot
  std::uint64_t recorded_ms = 0;
  std::uint64_t expires_s = 0;      // Unix time
  std::uint64_t verified_ms = 0;    // when every byte was last read; 0: never
  std::string bad;                  // why it failed verification; empty: it is not known to be bad
  std::uint64_t quarantined_s = 0;  // 0: listed
  std::uint64_t delete_s = 0;       // of one in quarantine: when it may be deleted
  std::string why;                  // of one in quarantine
  std::uint64_t order = 0;          // newer archives of a target have a higher one; given by record()
  friend bool operator==(const CatalogRow&, const CatalogRow&) = default;
};

inline constexpr std::uint64_t kCorpusRetention_s = 30 * 86'400;

class CorpusCatalog {
 public:
  explicit CorpusCatalog(Redis& redis) : redis_(redis) {}

  // Makes `row` the newest archive of its target if `previous` is the newest now (empty: there is none), and
  // the snapshots of its nodes the base of theirs. kConflict when another is: build on that one. Recorded
  // again (same id and SHA-256, and still the newest) it is fine.
  schema::Status record(const CatalogRow& row, const std::string& previous);

  // The newest first; of all targets (empty `target`) by target. Without those in quarantine.
  schema::Result<std::vector<CatalogRow>> list(const std::string& target, std::size_t limit);
  schema::Result<std::vector<CatalogRow>> quarantined();         // the first to be deleted first
  schema::Result<std::vector<std::string>> targets();            // that have archives, sorted
  schema::Result<CatalogRow> newest(const std::string& target);  // kNotFound when there is none
  schema::Result<CatalogRow> get(const std::string& id);
  // By id, a beginning of it (4 digits or more), file name or object name; also in quarantine. kConflict when
  // several fit.
  schema::Result<CatalogRow> find(const std::string& text);

  // `bad` says what is wrong with it; empty: every byte was read and is right.
  schema::Status set_verified(const std::string& id, std::uint64_t now_ms, const std::string& bad);
  schema::Status set_expires(const std::string& id, std::uint64_t expires_s);

  // Takes it off the list. kConflict for the newest of a target that is not known to be bad.
  schema::Status quarantine(const std::string& id, std::uint64_t now_s, std::uint64_t delete_s,
                            const std::string& why);
  schema::Status unquarantine(const std::string& id, std::uint64_t expires_s);
  schema::Status forget(const std::string& id);  // all of it; fine when it is unknown already

  // Replaces all that is known of a target, listed (oldest first; they get their order from this) and in
  // quarantine (those with quarantined_s). kConflict when the newest is not `newest_before` any more.
  schema::Status replace_target(const std::string& target, const std::vector<CatalogRow>& rows,
                                const std::string& newest_before);

  // --- what nodes need not send again: SHA-256 of files in the newest archive, and of those staged since ---
  schema::Status add_have(const std::string& target, std::span<const schema::Sha256> files);
  schema::Status remove_have(const std::string& target, std::span<const schema::Sha256> files);
  // At once; what is added while this runs may be lost, which costs that it is sent again.
  schema::Status replace_have(const std::string& target, std::span<const schema::Sha256> files);
  schema::Result<std::uint64_t> count_have(const std::string& target);
  // For each file whether it must be sent.
  schema::Result<std::vector<bool>> lacks(const std::string& target, std::span<const schema::Sha256> files);
  // The snapshot of the node that is in the newest archive; empty when none is.
  schema::Result<std::string> snapshot_of(const std::string& target, const std::string& node);

  // One worker at a time prunes. True: it is `who`'s turn for `seconds` (again, when it was before).
  schema::Result<bool> take_turn(const std::string& who, std::uint64_t seconds);
  schema::Status leave_turn(const std::string& who);

 private:
  schema::Result<std::vector<CatalogRow>> rows_of(const std::vector<std::string>& ids);

  Redis& redis_;
};

}  // namespace fuzzmill::store
