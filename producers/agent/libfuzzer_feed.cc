#include <fmt/format.h>
#include <sys/stat.h>

#include <map>
#include <utility>

#include "producers/agent/engine_feeds.h"
#include "producers/agent/file_growth.h"
#include "producers/engine/libfuzzer_command.h"

namespace fuzzmill::producers {
namespace {

constexpr std::uint64_t kMaxSanitizerLog = 256 * 1024;

std::vector<FileSeen> files_of(const std::filesystem::path& folder) {
  std::vector<FileSeen> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    auto name = entry->path().filename().string();
    struct stat info {};
    if (name.rfind("fuzz-", 0) != 0 || ::lstat(entry->path().c_str(), &info) != 0) continue;
    files.push_back({std::move(name), static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1000 +
                                          static_cast<std::uint64_t>(info.st_mtim.tv_nsec / 1'000'000)});
  }
  return files;
}

class LibfuzzerFeed final : public EngineFeed {
 public:
  explicit LibfuzzerFeed(LibfuzzerPlaces places) : places_(std::move(places)) {}

  std::vector<FeedFolder> folders() override {
    auto names = libfuzzer_artifact_names(places_.artifacts);
    if (!places_.reports_logged) {
      names = [logged = std::move(names)](std::string_view name) {
        auto facts = logged(name);
        if (facts) facts->logged = false;
        return facts;
      };
    }
    return {{places_.artifacts.folder, true, std::move(names)}};
  }

  void log(std::string_view chunk, std::uint64_t unix_ms, const FeedSink& sink) override {
    if (started_ms_ == 0) started_ms_ = unix_ms;
    std::vector<LogEvent> events;
    log_.feed(chunk, events);
    take(events, {}, unix_ms, sink);
  }

  void log_ended(std::uint64_t unix_ms, const FeedSink& sink) override {
    std::vector<LogEvent> events;
    log_.finish(events);
    take(events, {}, unix_ms, sink);
    for (auto& [name, job] : jobs_) {
      events.clear();
      job.log.finish(events);
      take(events, name, unix_ms, sink);
    }
    jobs_.clear();
    for (const auto& place : places_.sanitizer_logs) read_sanitizer_logs(place, true, sink);
    sanitizer_logs_.clear();
    started_ms_ = 0;
  }

  void look(std::uint64_t unix_ms, const FeedSink& sink) override {
    if (started_ms_ == 0) return;
    if (places_.jobs > 0) read_jobs(unix_ms, sink);
    for (const auto& place : places_.sanitizer_logs) read_sanitizer_logs(place, false, sink);
  }
  bool look_often() const override { return places_.jobs > 0 || !places_.sanitizer_logs.empty(); }

 private:
  struct Job {
    explicit Job(std::filesystem::path path) : file(std::move(path)) {}
    FileGrowth file;
    LibfuzzerLog log;
  };

  void take(const std::vector<LogEvent>& events, const std::string& source, std::uint64_t unix_ms,
            const FeedSink& sink) {
    for (const auto& event : events) {
      if (const auto* status = std::get_if<StatusSeen>(&event))
        sink.reading(reading_of(*status, unix_ms), source);
      if (const auto* report = std::get_if<ReportSeen>(&event)) sink.report(*report);
      if (const auto* artifact = std::get_if<ArtifactSeen>(&event)) sink.artifact(artifact->path);
      if (const auto* done = std::get_if<DoneSeen>(&event)) {
        EngineReading reading;
        reading.executions = done->executions;
        sink.reading(reading, source);
      }
      if (const auto* ended = std::get_if<JobEndedSeen>(&event)) {
        sink.source_ended(fmt::format("fuzz-{}.log", ended->job));
      }
      if (std::holds_alternative<InitialisedSeen>(event)) sink.initialised();
      if (std::holds_alternative<UninstrumentedSeen>(event)) sink.uninstrumented();
    }
  }

  void read_jobs(std::uint64_t unix_ms, const FeedSink& sink) {
    for (const auto& found : job_logs(files_of(places_.job_logs), places_.jobs, started_ms_)) {
      auto& job = jobs_.try_emplace(found.name, places_.job_logs / found.name).first->second;
      const auto growth = job.file.read();
      std::vector<LogEvent> events;
      job.log.feed(growth.bytes, events);
      take(events, found.name, unix_ms, sink);
    }
  }

  // `whole`: their writers have ended.
  void read_sanitizer_logs(const SanitizerLogPlace& place, bool whole, const FeedSink& sink) {
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(place.folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      const auto pid = sanitizer_log_pid(place, entry->path().filename().native());
      if (pid) read_sanitizer_log(entry->path(), *pid, whole, sink);
    }
  }

  // A file is read when it did not grow between two looks: its writer may still be at work. Those of earlier
  // days are no news.
  void read_sanitizer_log(const std::filesystem::path& file, std::uint64_t pid, bool whole,
                          const FeedSink& sink) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) return;
    if (static_cast<std::uint64_t>(info.st_mtim.tv_sec) + 1 < started_ms_ / 1000) return;
    auto& seen = sanitizer_logs_[file];
    const bool settled = info.st_size > 0 && (whole || info.st_size == seen.size) && !seen.read;
    seen.size = info.st_size;
    if (!settled) return;
    seen.read = true;
    auto text = read_bounded(file, kMaxSanitizerLog);
    if (text) sink.report({std::move(*text), {}, pid, false});
  }

  struct SanitizerLog {
    off_t size = 0;
    bool read = false;
  };
  LibfuzzerPlaces places_;
  LibfuzzerLog log_;
  std::uint64_t started_ms_ = 0;
  std::map<std::string, Job> jobs_;
  std::map<std::filesystem::path, SanitizerLog> sanitizer_logs_;
};

}  // namespace

std::unique_ptr<EngineFeed> libfuzzer_feed(LibfuzzerPlaces places) {
  return std::make_unique<LibfuzzerFeed>(std::move(places));
}

}  // namespace fuzzmill::producers
