#include <fmt/format.h>

#include <utility>

#include "producers/agent/engine_feeds.h"
#include "producers/agent/file_growth.h"
#include "producers/engine/honggfuzz_artifact.h"
#include "producers/engine/honggfuzz_log.h"
#include "producers/engine/honggfuzz_report.h"
#include "producers/engine/honggfuzz_stats.h"

namespace fuzzmill::producers {
namespace {

constexpr std::uint64_t kMaxSanitizerLog = 256 * 1024;

class HonggfuzzFeed final : public EngineFeed {
 public:
  explicit HonggfuzzFeed(HonggfuzzPlaces places)
      : places_(std::move(places)), report_file_(places_.report), stats_file_(places_.stats) {}

  std::vector<FeedFolder> folders() override { return {{places_.crashes, true, names()}}; }

  void log(std::string_view chunk, std::uint64_t, const FeedSink& sink) override {
    std::vector<HonggfuzzEvent> events;
    log_.feed(chunk, events);
    take(events, sink);
  }

  void log_ended(std::uint64_t, const FeedSink& sink) override {
    std::vector<HonggfuzzEvent> events;
    log_.finish(events);
    take(events, sink);
    initialised_ = false;
    read_report(sink);
    std::vector<HonggfuzzCrash> crashes;
    report_.finish(crashes);  // it may have died before the rule behind the last section
    tell(std::move(crashes), sink);
  }

  void look(std::uint64_t, const FeedSink& sink) override {
    read_report(sink);
    read_stats(sink);
  }
  bool look_often() const override { return true; }

 private:
  ReadArtifactName names() const {
    return [extension = places_.extension](std::string_view name) -> std::optional<ArtifactFacts> {
      const auto artifact = parse_honggfuzz_artifact(name, extension);
      if (!artifact) return std::nullopt;
      return ArtifactFacts{artifact->kind, {}, artifact->kind == "crash", artifact->signal};
    };
  }

  void take(const std::vector<HonggfuzzEvent>& events, const FeedSink& sink) {
    for (const auto& event : events) {
      if (const auto* saved = std::get_if<HonggfuzzSaved>(&event); saved && !saved->duplicate) {
        sink.artifact(saved->path);
      }
      if (const auto* summary = std::get_if<HonggfuzzSummary>(&event)) sink.reading(summary->reading, {});
    }
    if (places_.stats.empty()) sink.reading(log_.reading(), {});
    if (log_.initialised() && !std::exchange(initialised_, true)) sink.initialised();
  }

  // The sanitizer's own report is the better one; the section ties it to the crash file by the pid.
  void read_report(const FeedSink& sink) {
    auto growth = report_file_.read();
    if (growth.restarted) report_.restart();
    std::vector<HonggfuzzCrash> crashes;
    report_.feed(growth.bytes, crashes);
    tell(std::move(crashes), sink);
  }

  void tell(std::vector<HonggfuzzCrash> crashes, const FeedSink& sink) const {
    for (auto& crash : crashes) {
      ReportSeen report{std::move(crash.text), crash.file, crash.pid, crash.truncated};
      if (crash.pid) {
        auto file = places_.sanitizer_log;
        file += fmt::format(".{}", *crash.pid);
        auto text = read_bounded(file, kMaxSanitizerLog);
        if (text && !text->empty()) report.text = std::move(*text);
      }
      sink.report(std::move(report));
    }
  }

  void read_stats(const FeedSink& sink) {
    if (places_.stats.empty()) return;
    auto growth = stats_file_.read();
    if (growth.restarted) stats_.restart();
    if (growth.bytes.empty()) return;
    stats_.feed(growth.bytes);
    if (stats_.latest()) sink.reading(*stats_.latest(), {});
  }

  HonggfuzzPlaces places_;
  FileGrowth report_file_, stats_file_;
  HonggfuzzLog log_;
  HonggfuzzReport report_;
  HonggfuzzStats stats_;
  bool initialised_ = false;
};

}  // namespace

std::unique_ptr<EngineFeed> honggfuzz_feed(HonggfuzzPlaces places) {
  return std::make_unique<HonggfuzzFeed>(std::move(places));
}

}  // namespace fuzzmill::producers
