// What the watch over a target publishes beside crashes, and what its parts are told of each other.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "producers/agent/replayer.h"
#include "producers/agent/target_watch.h"
#include "producers/corpus/corpus.h"
#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

// A dying fuzzer that is not in fork mode is silent while it symbolizes its report: its artifact is no
// orphan.
constexpr std::chrono::milliseconds kSingleProcessWait{120'000};
constexpr std::chrono::seconds kSameWarning{60};  // the same warning is said once in so long

constexpr std::size_t kSnapshotFiles = 256;
constexpr std::uint64_t kSnapshotFileBytes = 1u << 20;
constexpr std::uint64_t kSnapshotBytes = 8u << 20;

std::uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

FindingsOptions TargetWatch::findings_options() {
  FindingsOptions options;
  options.places = &places_;
  const auto wait = plan_.config.evidence_wait;
  options.report_wait = plan_.many_processes ? wait : std::max(wait, kSingleProcessWait);
  // A parent that lives on says nothing of how its child ended.
  if (plan_.many_processes) options.exit_wait = std::chrono::milliseconds{0};
  options.read = [](const std::filesystem::path& path) {
    return read_bounded(path, schema::kMaxAttachmentSize);
  };
  options.known = [this](const std::string& kind, const schema::Sha256& content) {
    return desk_.known(kind, content);
  };
  options.warn = [this](const std::string& text) { say(text); };
  return options;
}

CrashDeskOptions TargetWatch::desk_options() {
  CrashDeskOptions options;
  options.node = node_.node;
  options.target = plan_.config.name;
  options.engine = engine_name(plan_.engine);
  options.command = fmt::format("{}", fmt::join(plan_.config.command, " "));
  options.build_id = plan_.build_id;
  const auto& replay = plan_.config.replay;
  options.replay_missing = replay.when != ReplayWhen::kNever;
  options.replay_all = replay.when == ReplayWhen::kAlways;
  if (plan_.replay && node_.replayer != nullptr) {
    options.replay = [this](const std::filesystem::path& input, const std::string& kind,
                            std::function<void(Replayed)> done) {
      return node_.replayer->order({plan_.config.name, *plan_.replay, plan_.config.replay, input, kind},
                                   std::move(done));
    };
  }
  options.unix_ms = unix_ms;
  options.warn = [this](const std::string& text) { say(text); };
  options.wake = [fd = wake_] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  };
  return options;
}

FeedSink TargetWatch::sink() {
  FeedSink sink;
  sink.reading = [this](const EngineReading& reading, const std::string& source) {
    vitals_.reading(reading, source, Clock::now());
  };
  sink.source_ended = [this](const std::string& source) { vitals_.source_ended(source); };
  sink.report = [this](ReportSeen report) { findings_.report_seen(std::move(report), Clock::now()); };
  sink.artifact = [this](const std::string& path) { findings_.artifact_named(path, Clock::now()); };
  sink.initialised = [this] { vitals_.initialised(); };
  sink.uninstrumented = [this] { vitals_.uninstrumented(); };
  return sink;
}

Supervised TargetWatch::supervised() const {
  if (over_ || stop_.stop_requested()) return Supervised::kStopped;
  if (!process_) return Supervised::kRunning;
  if (process_->crash_looping()) return Supervised::kCrashLooping;
  return process_->running() ? Supervised::kRunning : Supervised::kWaiting;
}

// Of a fuzzer that we did not start, its own word is the only way to it.
pid_t TargetWatch::root() const {
  if (process_) return process_->pid().value_or(0);
  return static_cast<pid_t>(plan_.config.watch_pid.value_or(vitals_.pid().value_or(0)));
}

void TargetWatch::publish_sample(Time now) {
  plan_.feed->look(unix_ms(), sink_);
  const auto restarts = process_ ? process_->restarts() : 0;
  auto body = vitals_.sample(root(), supervised(), desk_.crashes(), restarts, now);
  if (corpus_ && !body.corpus_bytes) {
    if (const auto size = corpus_->size(now)) {
      body.corpus_bytes = size->bytes;
      if (!body.corpus_files) body.corpus_files = size->files;
    }
  }
  if (process_ && process_->running()) process_->family_seen(node_.processes->look(now)->tree(root()));
  publish(std::move(body), {});
}

void TargetWatch::publish_snapshot() {
  auto snapshot = take_snapshot(*plan_.corpus, {kSnapshotFiles, kSnapshotFileBytes, kSnapshotBytes});
  snapshot.body.engine = engine_name(plan_.engine);
  snapshot.body.build_id = plan_.build_id;
  publish(std::move(snapshot.body), std::move(snapshot.files));
}

// For what the next of its kind makes up for.
void TargetWatch::publish(schema::Body body, std::vector<broker::Attachment> attachments) {
  schema::Event event;
  event.node = node_.node;
  event.target = plan_.config.name;
  event.time_ms = unix_ms();
  event.body = std::move(body);
  const auto published = node_.outbox->publish(std::move(event), std::move(attachments));
  if (!published) say("not published: " + published.error().message);
}

// A full disk or a broker that is away would say the same each second.
void TargetWatch::say(const std::string& text) {
  const auto now = Clock::now();
  if (text == last_warning_ && now < last_warning_time_ + kSameWarning) return;
  last_warning_ = text;
  last_warning_time_ = now;
  if (node_.say) node_.say(plan_.config.name, text);
}

}  // namespace fuzzmill::producers
