#include "producers/agent/target_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "producers/corpus/corpus.h"
#include "producers/engine/libfuzzer_command.h"
#include "producers/monitor/proc_reader.h"
#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

using std::chrono::milliseconds;

// A dying fuzzer that is not in fork mode is silent while it symbolizes its report: its artifact is no
// orphan.
constexpr milliseconds kSingleProcessWait{120'000};
constexpr milliseconds kDrainLimit{1'000};  // for the log of a fuzzer whose group is gone

// To people, on standard error: one line, and nothing of a fuzzer's text can end it or colour the terminal.
void say(const std::string& target, std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  const auto line = fmt::format("fuzzmill run {}: {}\n", target, text);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void pass_on(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // nobody listens; the log is read all the same
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

FindingsOptions findings_options(const RunPlan& plan, const PublishedSet& published) {
  FindingsOptions options;
  options.place = plan.place;
  const auto wait = plan.options.limits.evidence_wait;
  options.report_wait = plan.many_processes ? wait : std::max(wait, kSingleProcessWait);
  options.read = [](const std::filesystem::path& path) {
    return read_bounded(path, schema::kMaxAttachmentSize);
  };
  options.known = [&published](const std::string& kind, const schema::Sha256& content) {
    return published.contains(kind, content);
  };
  options.warn = [target = plan.options.target](const std::string& text) { say(target, text); };
  return options;
}

}  // namespace

TargetRun::TargetRun(RunPlan plan, std::unique_ptr<ArtifactWatch> watch, PublishedSet published)
    : plan_(std::move(plan)),
      watch_(std::move(watch)),
      published_(std::move(published)),
      findings_(findings_options(plan_, published_)),
      units_(proc_units()) {}

TargetRun::~TargetRun() {
  if (wake_ >= 0) ::close(wake_);
}

schema::Status TargetRun::run(std::stop_token stop) {
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return schema::unavailable("eventfd: out of file descriptors");
  const std::stop_callback on_stop(stop, [this] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  });

  begun_ = last_sample_ = Clock::now();
  next_sample_ = begun_ + plan_.options.interval;
  next_heartbeat_ = begun_ + plan_.options.heartbeat_interval;
  if (plan_.corpus && plan_.options.snapshot_interval.count() > 0) {
    next_snapshot_ = begun_ + plan_.options.snapshot_interval;
  }
  publish_heartbeat("start");
  for (const auto& name : scan_artifacts(plan_.place)) findings_.file_seen(name, false, begun_);
  settle(std::nullopt);

  if (auto started = start_fuzzer(); !started) outcome_ = std::move(started), over_ = true;
  while (!over_) {
    wait_for_something();
    if (stop.stop_requested() && !stopping_) begin_stop();
    read_log();
    read_watch();
    settle(std::nullopt);
    if (fuzzer_) {
      if (const auto status = fuzzer_->poll()) fuzzer_ended(*status);
    }
    do_timed_work();
  }
  finish();
  return outcome_;
}

schema::Status TargetRun::start_fuzzer() {
  runtime::SpawnOptions spawn;
  spawn.argv = plan_.argv;
  spawn.environment = plan_.environment;
  spawn.out = plan_.options.quiet ? runtime::Output::null() : runtime::Output::inherit();
  spawn.err = runtime::Output::pipe();
  spawn.parent_death_signal = SIGKILL;
  auto fuzzer = runtime::ChildProcess::spawn(spawn);
  if (!fuzzer) return std::move(fuzzer).error();
  fuzzer_.emplace(std::move(*fuzzer));
  fuzzer_started_ = Clock::now();
  restart_at_.reset();
  metrics_.run_started(fuzzer_started_);
  return {};
}

void TargetRun::wait_for_something() {
  Time until = std::min(next_sample_, next_heartbeat_);
  for (const auto& other : {restart_at_, kill_at_, next_snapshot_, findings_.next()}) {
    if (other) until = std::min(until, *other);
  }
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  std::array<pollfd, 4> watched{{
      {stopping_ ? -1 : wake_, POLLIN, 0},
      {watch_->fd(), POLLIN, 0},
      {fuzzer_ ? fuzzer_->err() : -1, POLLIN, 0},
      {fuzzer_ ? fuzzer_->pidfd() : -1, POLLIN, 0},
  }};
  ::poll(watched.data(), watched.size(), static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
  // A fuzzer that closed its standard error would wake us for ever.
  if (fuzzer_ && (watched[2].revents & (POLLHUP | POLLIN)) == POLLHUP && watched[3].revents == 0)
    fuzzer_->close_err();
}

void TargetRun::read_log() {
  if (!fuzzer_ || fuzzer_->err() < 0) return;
  std::array<char, 64 * 1024> buffer;
  std::vector<LogEvent> events;
  for (int rounds = 0; rounds < 64; ++rounds) {  // others want their turn too
    const ssize_t got = ::read(fuzzer_->err(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::string_view chunk(buffer.data(), static_cast<std::size_t>(got));
    if (!plan_.options.quiet) pass_on(chunk);
    log_.feed(chunk, events);
  }
  take(std::move(events));
}

void TargetRun::take(std::vector<LogEvent> events) {
  const auto now = Clock::now();
  for (auto& event : events) {
    if (auto* status = std::get_if<StatusSeen>(&event)) metrics_.status(*status, now);
    if (auto* report = std::get_if<ReportSeen>(&event)) findings_.report_seen(std::move(*report), now);
    if (auto* artifact = std::get_if<ArtifactSeen>(&event)) findings_.artifact_named(artifact->path, now);
    if (auto* done = std::get_if<DoneSeen>(&event)) metrics_.status({done->executions, {}, {}, {}, {}}, now);
  }
}

void TargetRun::read_watch() {
  auto changes = watch_->read();
  if (changes.overflow) changes.names = scan_artifacts(plan_.place);
  const auto now = Clock::now();
  for (const auto& name : changes.names) findings_.file_seen(name, true, now);
}

void TargetRun::settle(const std::optional<ProcessEnd>& ended) {
  findings_.settle(Clock::now(), ended, [this](const Finding& finding) { return publish_finding(finding); });
}

void TargetRun::drain_log() {
  const auto deadline = Clock::now() + kDrainLimit;
  while (fuzzer_->err() >= 0) {
    read_log();
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{fuzzer_->err(), POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) break;
    if ((waiting.revents & POLLIN) == 0) break;  // the end
  }
  std::vector<LogEvent> events;
  log_.finish(events);
  take(std::move(events));
}

void TargetRun::fuzzer_ended(const runtime::ExitStatus& status) {
  drain_log();
  read_watch();
  ended_with_ = status;
  settle(ProcessEnd{static_cast<std::uint64_t>(fuzzer_->pid()), !status.clean() && !stopping_});
  ended_with_.reset();

  const auto explanation = runtime::explain(status, libfuzzer_codes());
  const auto lasted = std::chrono::duration_cast<milliseconds>(Clock::now() - fuzzer_started_);
  ends_.push_back({lasted, findings_.take_yield(), status.clean(), explanation});
  if (const auto needed = history_needed(plan_.options.restart); ends_.size() > needed)
    ends_.erase(ends_.begin());
  fuzzer_.reset();
  if (stopping_) {
    over_ = true;
    return;
  }
  const Decision decision = decide(plan_.options.restart, ends_);
  crash_looping_ = decision.crash_looping;
  switch (decision.verdict) {
    case Verdict::kFinished:
      over_ = true;
      break;
    case Verdict::kGiveUp:
      over_ = true, outcome_ = schema::unavailable(decision.reason);
      break;
    case Verdict::kRestart:
      restart_at_ = Clock::now() + decision.delay;
      break;
  }
  const double seconds = std::chrono::duration<double>(decision.delay).count();
  const auto why = decision.reason == explanation ? explanation : explanation + ", " + decision.reason;
  say(plan_.options.target, decision.verdict == Verdict::kRestart
                                ? fmt::format("{}; again in {:.1f} s", why, seconds)
                                : decision.reason);
}

void TargetRun::begin_stop() {
  stopping_ = true;
  restart_at_.reset();
  if (!fuzzer_) {
    over_ = true;
    return;
  }
  fuzzer_->signal_group(SIGTERM);
  fuzzer_->signal_group(SIGCONT);  // a stopped one cannot hear it
  kill_at_ = Clock::now() + plan_.options.limits.stop_grace;
}

void TargetRun::do_timed_work() {
  const auto now = Clock::now();
  if (kill_at_ && now >= *kill_at_) {
    if (fuzzer_) fuzzer_->signal_group(SIGKILL);
    kill_at_.reset();
  }
  if (restart_at_ && now >= *restart_at_ && !stopping_) {
    ++restarts_;
    if (auto started = start_fuzzer(); !started) outcome_ = std::move(started), over_ = true;
  }
  if (over_) return;
  if (now >= next_sample_) publish_sample(), next_sample_ = now + plan_.options.interval;
  if (now >= next_heartbeat_)
    publish_heartbeat("hour"), next_heartbeat_ = now + plan_.options.heartbeat_interval;
  if (next_snapshot_ && now >= *next_snapshot_) {
    publish_snapshot();
    next_snapshot_ = now + plan_.options.snapshot_interval;
  }
}

void TargetRun::finish() {
  for (const auto& name : scan_artifacts(plan_.place)) findings_.file_seen(name, false, Clock::now());
  settle(ProcessEnd{});
  if (findings_.waiting() > 0 && outcome_.ok()) {
    outcome_ = schema::unavailable(fmt::format("{} crashes could not be published; they stay in {}",
                                               findings_.waiting(), plan_.place.folder.string()));
  }
  if (plan_.corpus && plan_.options.snapshot_interval.count() > 0) publish_snapshot();
  publish_heartbeat("stop");
}

schema::Result<schema::EventId> TargetRun::publish(schema::Body body,
                                                   std::vector<broker::Attachment> attachments) {
  schema::Event event;
  event.node = plan_.options.node;
  event.target = plan_.options.target;
  event.time_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  event.body = std::move(body);
  return plan_.options.publish(std::move(event), std::move(attachments));
}

// For what the next of its kind makes up for.
void TargetRun::publish_lossy(schema::Body body, std::vector<broker::Attachment> attachments) {
  const auto published = publish(std::move(body), std::move(attachments));
  if (!published) say(plan_.options.target, "not published: " + published.error().message);
}

bool TargetRun::publish_finding(const Finding& finding) {
  schema::CrashFound body;
  body.engine = "libfuzzer";
  body.artifact = finding.artifact;
  body.artifact_kind = finding.kind;
  body.report_source = finding.report ? "log" : "none";
  body.pid = finding.pid;
  if (finding.process_ended && ended_with_) {
    if (ended_with_->code) body.exit_code = *ended_with_->code;
    if (ended_with_->signal) body.signal = *ended_with_->signal;
    if (!body.pid && fuzzer_) body.pid = static_cast<std::uint64_t>(fuzzer_->pid());
  }
  body.build_id = plan_.build_id;
  body.command = fmt::format("{}", fmt::join(plan_.options.command, " ")).substr(0, schema::kMaxTextSize);
  std::vector<broker::Attachment> attachments;
  if (finding.input) attachments.push_back({"input", *finding.input});
  if (finding.report) attachments.push_back({"report", *finding.report});
  const auto published = publish(std::move(body), std::move(attachments));
  if (!published) {
    say(plan_.options.target,
        fmt::format("{}: not published yet: {}", finding.artifact, published.error().message));
    return false;
  }
  ++crashes_;
  if (const auto added = published_.add(finding.kind, finding.content); !added) {
    say(plan_.options.target, added.error().message);
  }
  return true;
}

void TargetRun::publish_sample() {
  const auto now = Clock::now();
  ProcTree tree;
  if (fuzzer_) tree = tree_of(read_processes(), fuzzer_->pid());
  auto body = sample(last_tree_, tree, std::chrono::duration_cast<milliseconds>(now - last_sample_), units_);
  last_tree_ = std::move(tree);
  last_sample_ = now;
  metrics_.fill(body);
  body.crashes = crashes_;
  body.restarts = restarts_;
  publish_lossy(std::move(body));
}

void TargetRun::publish_snapshot() {
  const auto& limits = plan_.options.limits;
  auto snapshot = take_snapshot(*plan_.corpus,
                                {limits.snapshot_files, limits.snapshot_file_bytes, limits.snapshot_bytes});
  snapshot.body.build_id = plan_.build_id;
  publish_lossy(std::move(snapshot.body), std::move(snapshot.files));
}

void TargetRun::publish_heartbeat(const char* reason) {
  schema::Heartbeat body;
  body.reason = reason;
  body.version = plan_.options.version;
  body.uptime_s = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun_).count());
  body.state = state_word();
  publish_lossy(std::move(body));
}

std::string TargetRun::state_word() const {
  if (stopping_ || over_) return "stopped";
  return crash_looping_ ? "crash-looping" : "running";
}

}  // namespace fuzzmill::producers
