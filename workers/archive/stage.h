// Stage archive: crash.classified → the folder of its group; corpus.snapshot → a dated .tar.zst.
//
// A crash that changes nothing worth keeping (no smaller input, same severity) costs one line of the batch's
// script and no disk; then meta.json lags behind Redis by at most kMetaRefreshMs of crashing.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>

#include "store/corpus_archive.h"
#include "store/crash_archive.h"
#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

inline constexpr std::uint64_t kMetaRefreshMs = 60'000;

struct ArchiveOptions {
  std::filesystem::path root;
  std::size_t kept_inputs = 5;
};

class ArchiveStage : public Stage {
 public:
  ArchiveStage(store::RedisAddress redis, Clock now, ArchiveOptions options);
  schema::Stage id() const override { return schema::Stage::kArchive; }
  std::vector<std::string> wants() const override { return {"*"}; }
  Outcomes handle(Deliveries& deliveries) override;

 private:
  struct Crash {
    std::size_t place = 0;  // in the deliveries
    store::CrashFiles files;
    store::ArchivePlan plan;
  };
  using Groups = std::map<std::string, std::vector<Crash>>;

  void handle_crashes(Deliveries& deliveries, const std::vector<std::size_t>& places, Outcomes& outcomes);
  void handle_snapshots(Deliveries& deliveries, const std::vector<std::size_t>& places, Outcomes& outcomes);
  Groups plan(Deliveries& deliveries, const std::vector<std::size_t>& places, Outcomes& outcomes);
  bool worth_writing(const std::string& group, const std::vector<Crash>& crashes) const;
  schema::Result<store::ArchivedGroup> write(const std::string& group, const std::vector<Crash>& crashes);
  std::map<std::string, schema::Result<store::ArchivedGroup>> write_all(const Groups& groups);

  RedisLink redis_;
  std::mutex redis_mutex_;  // while groups are written side by side
  Clock now_;
  store::CrashIndexLimits limits_;
  store::CrashArchive crashes_;
  store::CorpusArchive corpora_;
};

}  // namespace fuzzmill::workers
