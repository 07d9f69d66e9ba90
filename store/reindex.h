// Rebuilds the catalog from the archives alone, reading every byte of each: those in the store and those in
// quarantine. An archive whose checksum is missing or wrong, or that does not read to its end as it should,
// is told and not listed; nothing is removed. What the catalog knew of an archive that is still right (when
// it expires, since when it is in quarantine) stays; one it did not know expires kCorpusRetention_s after it
// was written, but not within kReindexGrace_s.
//
// The files of a target's newest archive are what its nodes need not send again; what was staged and is in no
// archive yet is sent again.
// The caller has the turn (store/prune.h). Threads: that of the catalog. Memory: two manifests.
// Errors: those of store and catalog, after which targets done so far are right and the others as they were.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/corpus_catalog.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

inline constexpr std::uint64_t kReindexGrace_s = 7 * 86'400;

struct ReindexOptions {
  bool mend_checksums = false;  // an archive that is whole and lacks its .sha256 gets one, and is listed
};
struct ReindexProgress {
  std::string object;          // that is being read
  std::size_t at = 0, of = 0;  // archives
  std::uint64_t bytes = 0;     // of it, unpacked
};
struct Reindexed {
  std::uint64_t targets = 0, archives = 0, quarantined = 0;
  std::uint64_t files = 0, bytes = 0;  // of the archives listed; bytes on the disk
  std::uint64_t mended = 0;
  std::vector<std::string> problems;  // "corpus/t/x.tar.zst: what is wrong with it"
};
schema::Result<Reindexed> reindex(ObjectStore& store, CorpusCatalog& catalog, std::uint64_t now_ms,
                                  const ReindexOptions& options,
                                  const std::function<void(const ReindexProgress&)>& progress);

}  // namespace fuzzmill::store
