// What one engine tells of itself while it runs, whatever way it tells it: a log on standard error, log files
// of its jobs, statistics files, report files. One class an engine; the watch over a target knows this face
// only.
//
// Life cycle: made with the target, for all its runs. Threads: that of the target.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/engine/libfuzzer_log.h"
#include "producers/engine/reading.h"
#include "producers/evidence/artifact_places.h"

namespace fuzzmill::producers {

// Takes what was told.
struct FeedSink {
  std::function<void(const EngineReading&, const std::string& source)> reading;
  std::function<void(const std::string& source)> source_ended;
  std::function<void(ReportSeen)> report;
  std::function<void(const std::string& path)> artifact;  // named without a report
  std::function<void()> initialised;                      // the seeds are run: it fuzzes
  std::function<void()> uninstrumented;                   // the target gives no coverage
};

// A folder to watch, for files or for folders that appear.
struct FeedFolder {
  std::filesystem::path path;
  bool artifacts = false;  // its files are artifacts by `names`; else new folders in it are of interest
  ReadArtifactName names;
  bool still = false;  // nothing is added to it any more: one scan will do
};

class EngineFeed {
 public:
  virtual ~EngineFeed() = default;

  // Where artifacts appear, as it is now: asked again every few seconds, for instances come and go.
  virtual std::vector<FeedFolder> folders() = 0;
  // The next bytes of the fuzzer's standard error; `unix_ms`: when they were read.
  virtual void log(std::string_view chunk, std::uint64_t unix_ms, const FeedSink& sink) = 0;
  // The process has ended and so has its log.
  virtual void log_ended(std::uint64_t unix_ms, const FeedSink& sink) = 0;
  // Looks at the files that it writes beside: at each sample, and when `look_often()` ten times a second.
  virtual void look(std::uint64_t unix_ms, const FeedSink& sink) = 0;
  virtual bool look_often() const { return false; }
};

}  // namespace fuzzmill::producers
