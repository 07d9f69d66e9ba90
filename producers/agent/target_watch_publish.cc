// What the watch over a target publishes beside crashes, and what its parts are told of each other.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "producers/agent/replayer.h"
#include "producers/agent/target_watch.h"
#include "runtime/health.h"
#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

// A dying fuzzer that is not in fork mode is silent while it symbolizes its report: its artifact is no
// orphan.
constexpr std::chrono::milliseconds kSingleProcessWait{120'000};
constexpr std::chrono::seconds kSameWarning{60};  // the same warning is said once in so long

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
  options.unix_ms = runtime::unix_ms;
  options.warn = [this](const std::string& text) { say(text); };
  options.wake = wake_up();
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

std::function<void()> TargetWatch::wake_up() const {
  return [fd = wake_] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  };
}

Supervised TargetWatch::supervised() const {
  if (over_ && !outcome_.ok()) return Supervised::kCrashLooping;  // given up
  if (over_ || stop_.stop_requested()) return Supervised::kStopped;
  if (!process_) return Supervised::kRunning;
  if (process_->crash_looping()) return Supervised::kCrashLooping;
  return process_->running() ? Supervised::kRunning : Supervised::kWaiting;
}

// Nothing: its processes are not for us to see, which says nothing of whether it lives. Of a fuzzer that we
// did not start its own word is the only way to it, and holds only while that process is such a fuzzer here.
std::optional<pid_t> TargetWatch::root() {
  if (process_) return process_->pid().value_or(0);
  if (plan_.config.watch_pid) return static_cast<pid_t>(*plan_.config.watch_pid);
  const auto said = static_cast<pid_t>(vitals_.pid().value_or(0));
  const auto look = node_.processes->look(Clock::now());
  const bool alive = std::any_of(look->all().begin(), look->all().end(), [&](const ProcStat& process) {
    return process.pid == said && process.name.rfind("afl-fuzz", 0) == 0;
  });
  seen_alive_ = seen_alive_ || alive;
  if (!seen_alive_) return std::nullopt;
  return alive ? said : 0;
}

void TargetWatch::publish_sample(Time now) {
  plan_.feed->look(runtime::unix_ms(), sink_);
  const auto restarts = process_ ? process_->restarts() : 0;
  auto body = vitals_.sample(root(), supervised(), desk_.crashes(), restarts, now);
  if (corpus_ && !body.corpus_bytes) {
    if (const auto size = corpus_->size(now)) {
      body.corpus_bytes = size->bytes;
      if (!body.corpus_files) body.corpus_files = size->files;
    }
  }
  if (process_ && process_->running())
    process_->family_seen(node_.processes->look(now)->tree(*process_->pid()));
  publish(std::move(body), {});
}

// For what the next of its kind makes up for.
void TargetWatch::publish(schema::Body body, std::vector<broker::Attachment> attachments) {
  schema::Event event;
  event.node = node_.node;
  event.target = plan_.config.name;
  event.time_ms = runtime::unix_ms();
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
