// Stage archive: crash.classified → the folder of its group; corpus.snapshot → pages in the store, and when
// all of a snapshot are there, the dated archive of its target (builder.h).
//
// A crash that changes nothing worth keeping (no smaller input, same severity) costs one line of the batch's
// script and no disk; then meta.json lags behind Redis by at most kMetaRefreshMs of crashing.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "store/crash_archive.h"
#include "store/objects/object_store.h"
#include "workers/archive/corpus_care.h"
#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

inline constexpr std::uint64_t kMetaRefreshMs = 60'000;

struct ArchiveOptions {
  std::filesystem::path root;  // of crash archives: a folder
  std::size_t kept_inputs = 5;
  std::shared_ptr<store::ObjectStore> corpora = {};  // REQUIRED: where corpus archives lie
  BuildOptions build = {};
  CareOptions care = {};
};

class ArchiveStage : public Stage {
 public:
  ArchiveStage(store::RedisAddress redis, Clock now, ArchiveOptions options);
  schema::Stage id() const override { return schema::Stage::kArchive; }
  std::vector<std::string> wants() const override { return {"*"}; }
  Outcomes handle(Deliveries& deliveries) override;
  std::chrono::milliseconds tick_interval() const override { return std::chrono::minutes(1); }
  void tick(std::chrono::milliseconds reachable) override;

 private:
  struct Crash {
    std::size_t place = 0;  // in the deliveries
    store::CrashFiles files;
    store::ArchivePlan plan;
  };
  using Groups = std::map<std::string, std::vector<Crash>>;

  void handle_crashes(Deliveries& deliveries, const std::vector<std::size_t>& places, Outcomes& outcomes);
  schema::Status handle_snapshot(const broker::Delivery& delivery);
  Groups plan(Deliveries& deliveries, const std::vector<std::size_t>& places, Outcomes& outcomes);
  bool worth_writing(const std::string& group, const std::vector<Crash>& crashes) const;
  schema::Result<store::ArchivedGroup> write(const std::string& group, const std::vector<Crash>& crashes);
  std::map<std::string, schema::Result<store::ArchivedGroup>> write_all(const Groups& groups);

  RedisLink redis_;
  std::mutex redis_mutex_;  // while groups are written side by side
  Clock now_;
  store::CrashIndexLimits limits_;
  store::CrashArchive crashes_;
  std::shared_ptr<store::ObjectStore> corpora_;
  BuildOptions build_;
  CorpusCare care_;
  std::set<StagedName> awaited_;  // whose last page came before another one
};

}  // namespace fuzzmill::workers
