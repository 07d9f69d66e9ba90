// Pruning corpus archives: a plan by the rule of store/retention.h, and its steps, each of which may be
// killed anywhere: heal() brings store and catalog together again.
//
//   quarantine: the catalog first, so that what is listed is always whole; then the objects move
//   back again:  the objects move, then the catalog
//   delete:      the objects, then the catalog
//
// So the catalog is right, and objects follow it: one in quarantine lies below quarantine/, a listed one
// where its row says. What the catalog does not know is never touched, only told: after Redis was wiped it
// is all there is (fuzzmill corpus reindex).
//
// Whoever calls prune(), heal(), unquarantine_archive() or reindex() has the turn
// (CorpusCatalog::take_turn()).
// Threads: that of the catalog. Errors: those of store and catalog; what was done so far stays done.
#pragma once

#include <string>
#include <vector>

#include "store/corpus_catalog.h"
#include "store/objects/object_store.h"
#include "store/retention.h"

namespace fuzzmill::store {

struct PruneStep {
  CatalogRow row;
  RetentionVerdict verdict;
};
struct PrunePlan {
  std::vector<PruneStep> steps;        // what goes: bad ones first, then the oldest
  std::vector<PruneStep> kept;         // the rest, by target, the newest first, and why
  std::uint64_t quarantine_bytes = 0;  // freed a day after they went
  std::uint64_t delete_bytes = 0;      // freed now
};
// `target` empty: all of them.
schema::Result<PrunePlan> plan_prune(CorpusCatalog& catalog, const std::string& target, std::uint64_t now_s,
                                     const RetentionOptions& options);

struct Pruned {
  std::uint64_t quarantined = 0, deleted = 0;
  std::uint64_t quarantined_bytes = 0, deleted_bytes = 0;
  std::vector<std::string> skipped;  // in words: what changed since the plan was made
};
schema::Result<Pruned> prune(ObjectStore& store, CorpusCatalog& catalog, const PrunePlan& plan,
                             std::uint64_t now_s);

// One archive, now (superseded, or found to be bad). Done twice it is done once.
schema::Status quarantine_archive(ObjectStore& store, CorpusCatalog& catalog, const CatalogRow& row,
                                  std::uint64_t now_s, const std::string& why);
// It is kept for another kCorpusRetention_s.
schema::Status unquarantine_archive(ObjectStore& store, CorpusCatalog& catalog, const CatalogRow& row,
                                    std::uint64_t now_s);

struct Healed {
  std::uint64_t moved = 0;           // objects that were not where the catalog says
  std::uint64_t swept = 0;           // checksums whose archive is gone, copies of a rename that was cut off
  std::vector<std::string> missing;  // listed, but its object is gone
  std::vector<std::string> unknown;  // archives that the catalog does not know; left alone
};
schema::Result<Healed> heal(ObjectStore& store, CorpusCatalog& catalog, std::uint64_t now_s);

}  // namespace fuzzmill::store
