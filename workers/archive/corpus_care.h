// What corpus archives need without anybody asking: snapshots that wait for a worker are built, those that
// never got whole are cleared away, what has expired is pruned, and every byte of every archive is read now
// and then.
//
// Life cycle: tend() from the stage's tick. Several workers may do it: pruning has a turn in Redis, the rest
// may be done twice. Threads: one. What fails is logged and tried again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "store/retention.h"
#include "workers/archive/builder.h"

namespace fuzzmill::workers {

struct CareOptions {
  std::uint64_t stale_s = 7 * 86'400;  // a snapshot that got no page for so long is cleared away
  std::uint64_t prune_every_ms = 86'400'000;
  std::uint64_t verify_every_ms = 7 * 86'400'000ull;  // of one archive
  store::RetentionOptions retention;
  std::filesystem::path crashes;  // root of the crash archives, pruned in the same turn; empty: none are
};

class CorpusCare {
 public:
  CorpusCare(store::ObjectStore& store, BuildOptions build, CareOptions options)
      : store_(store), build_(build), options_(options) {}

  struct Report {
    std::uint64_t built = 0, cleared = 0, pruned = 0, deleted = 0, verified = 0, bad = 0;
  };
  // At most one archive is verified at a call, so that deliveries do not wait long. kUnavailable: no Redis,
  // no store.
  schema::Result<Report> tend(store::Redis& redis, std::uint64_t now_ms);

 private:
  schema::Status build_and_clear(store::Redis& redis, std::uint64_t now_ms, Report& report);
  schema::Status prune(store::Redis& redis, std::uint64_t now_ms, Report& report);
  schema::Status prune_crashes(store::Redis& redis, std::uint64_t now_ms, Report& report);
  schema::Status put_away(store::Redis& redis, const store::CatalogRow& row, const std::string& bad,
                          std::uint64_t now_ms);
  schema::Status verify_one(store::Redis& redis, std::uint64_t now_ms, Report& report);

  store::ObjectStore& store_;
  BuildOptions build_;
  CareOptions options_;
  std::uint64_t next_prune_ms_ = 0;
};

}  // namespace fuzzmill::workers
