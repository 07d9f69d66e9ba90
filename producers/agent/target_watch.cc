#include "producers/agent/target_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "producers/engine/libfuzzer_command.h"
#include "runtime/health.h"

namespace fuzzmill::producers {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDrainLimit{1'000};  // for the log of a fuzzer whose group is gone
constexpr milliseconds kStartWait{1'000};
constexpr milliseconds kFolderRound{10'000};  // between two looks for new instances and for files missed
constexpr milliseconds kLastSnapshotWait{15'000};
constexpr milliseconds kOftenRound{100};  // between two looks at files that a report may come in

void pass_on(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // nobody listens; the log is read all the same
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

runtime::SpawnOptions spawn_options(const TargetPlan& plan, bool pass_output) {
  runtime::SpawnOptions spawn;
  spawn.argv = plan.argv;
  spawn.environment = plan.environment;
  spawn.working_dir = plan.config.working_dir;
  spawn.out = pass_output ? runtime::Output::inherit() : runtime::Output::pipe();
  spawn.err = runtime::Output::pipe();
  spawn.parent_death_signal = SIGKILL;
  return spawn;
}

// A file as it was when it was looked at.
std::optional<std::uint64_t> stamp_of(const std::filesystem::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return std::nullopt;
  const auto text = fmt::format("{} {} {} {}.{}", file.native(), info.st_ino, info.st_size,
                                info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  return std::hash<std::string>{}(text);
}

}  // namespace

schema::Result<std::unique_ptr<TargetWatch>> TargetWatch::make(TargetPlan plan, const NodeServices& node) {
  auto folders = FolderWatch::make();
  if (!folders) return std::move(folders).error();
  auto pending = PendingCrashes::open(plan.work_dir / "pending", node.pending_bytes);
  if (!pending) return std::move(pending).error();
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return schema::unavailable("eventfd: out of file descriptors");
  return std::unique_ptr<TargetWatch>(
      new TargetWatch(std::move(plan), node, std::move(*folders), std::move(*pending), fd));
}

TargetWatch::TargetWatch(TargetPlan plan, const NodeServices& node, std::unique_ptr<FolderWatch> folders,
                         PendingCrashes pending, int wake)
    : plan_(std::move(plan)),
      node_(node),
      wake_(wake),
      folders_(std::move(folders)),
      findings_(findings_options()),
      desk_(desk_options(), *node.outbox, std::move(pending)),
      vitals_(plan_.engine, *node.processes, node.interval),
      sink_(sink()),
      kept_(plan_.work_dir / "fuzzer.log") {
  if (plan_.corpus) corpus_.emplace(*plan_.corpus);
  if (!plan_.argv.empty())
    process_.emplace(spawn_options(plan_, node.pass_output), plan_.work_dir.string(), plan_.config.restart);
}

TargetWatch::~TargetWatch() {
  if (watched_ >= 0) ::close(watched_);
  ::close(wake_);
}

schema::Status TargetWatch::run(std::stop_token stop) {
  stop_ = stop;
  const std::stop_callback on_stop(stop, wake_up());
  begin();
  while (!over_) {
    wait_for_something();
    if (stop_.stop_requested() && (!process_ || !process_->stopping())) {
      over_ = !process_ || !process_->begin_stop(plan_.config.stop_grace, Clock::now());
    }
    read_log();
    read_folders();
    settle(std::nullopt);
    if (process_) {
      if (const auto status = process_->poll()) fuzzer_ended(*status);
    }
    do_timed_work();
  }
  finish();
  return outcome_;
}

void TargetWatch::begin() {
  const auto now = Clock::now();
  next_sample_ = now + node_.interval;
  next_folders_ = next_look_ = now;
  if (auto corpus = corpus_target(plan_); corpus && node_.corpora != nullptr) {
    node_.corpora->add(std::move(*corpus));
  }
  look_for_folders(true);
  // Before the first start nobody writes: what lies there is whole.
  settle(process_ ? std::optional<ProcessEnd>(ProcessEnd{}) : std::nullopt);
  desk_.resume();
  if (process_) {
    start_fuzzer(now);
  } else if (plan_.config.watch_pid) {
    watched_ = static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(*plan_.config.watch_pid), 0));
    vitals_.run_started(now);
    if (watched_ < 0) over_ = true;  // it has ended meanwhile
  }
}

// AFL++ may clear its crash folder when it starts: not before we have all that is in it.
void TargetWatch::start_fuzzer(Time now) {
  start_at_.reset();
  if (plan_.engine == Engine::kAfl) {
    look_for_folders(true);
    settle(ProcessEnd{});
    if (findings_.waiting() > 0 || findings_.take_overflow()) {
      say("starts when the crashes of before are kept");
      start_at_ = now + kStartWait;
      return;
    }
  }
  vitals_.run_started(now);
  oom_ = read_oom_counts();
  if (auto started = process_->start(now); !started) outcome_ = std::move(started), over_ = true;
}

TargetWatch::Time TargetWatch::next_work() const {
  Time until = std::min(next_sample_, next_folders_);
  if (plan_.feed->look_often()) until = std::min(until, next_look_);
  for (const auto& other :
       {start_at_, findings_.next(), desk_.next(), process_ ? process_->next() : std::nullopt}) {
    if (other) until = std::min(until, *other);
  }
  return until;
}

void TargetWatch::wait_for_something() {
  const auto left = std::chrono::ceil<milliseconds>(next_work() - Clock::now()).count();
  std::array<pollfd, 6> watched{{
      {wake_, POLLIN, 0},
      {folders_->fd(), POLLIN, 0},
      {process_ ? process_->log() : -1, POLLIN, 0},
      {process_ ? process_->pidfd() : -1, POLLIN, 0},
      {watched_, POLLIN, 0},
      {process_ ? process_->out() : -1, POLLIN, 0},
  }};
  ::poll(watched.data(), watched.size(), static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
  std::uint64_t count = 0;
  if (watched[0].revents != 0) [[maybe_unused]]
    const auto taken = ::read(wake_, &count, sizeof count);
  // A fuzzer that closed its standard error would wake us for ever.
  if ((watched[2].revents & (POLLHUP | POLLIN)) == POLLHUP && watched[3].revents == 0) process_->close_log();
  if (watched[4].revents != 0) watched_ended();
}

// Its standard output is for people alone: AFL++ says there why it does not start.
void TargetWatch::read_output() {
  std::array<char, 16 * 1024> buffer;
  for (int rounds = 0; rounds < 16 && process_ && process_->out() >= 0; ++rounds) {
    const ssize_t got = ::read(process_->out(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) process_->out_ended();
    if (got <= 0) return;
    kept_.write({buffer.data(), static_cast<std::size_t>(got)}, Clock::now());
  }
}

void TargetWatch::read_log() {
  read_output();
  if (!process_ || process_->log() < 0) return;
  std::array<char, 64 * 1024> buffer;
  for (int rounds = 0; rounds < 64; ++rounds) {  // others want their turn too
    const ssize_t got = ::read(process_->log(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::string_view chunk(buffer.data(), static_cast<std::size_t>(got));
    if (node_.pass_output) pass_on(chunk);
    kept_.write(chunk, Clock::now());
    plan_.feed->log(chunk, runtime::unix_ms(), sink_);
  }
}

void TargetWatch::read_folders() {
  const auto changes = folders_->read();
  const auto now = Clock::now();
  for (const auto& file : changes.files) findings_.file_seen(file, Findings::Sight::kFresh, now);
  if (!changes.folders.empty() || changes.overflow) look_for_folders(changes.overflow);
}

// New folders are watched and scanned; old ones are scanned again when asked to.
void TargetWatch::look_for_folders(bool scan_all) {
  for (auto& folder : plan_.feed->folders()) {
    const bool known = !folder.artifacts || places_.knows(folder.path);
    if (folder.artifacts) folder.path = places_.add(folder.path, folder.names);
    const bool fresh = folder.still ? !known : !folders_->watches(folder.path);
    if (fresh && !folder.still) {
      const auto interest =
          folder.artifacts ? FolderWatch::Interest::kFiles : FolderWatch::Interest::kFolders;
      const auto added = folders_->add(folder.path, interest);
      if (!added && added.error().code != schema::ErrorCode::kNotFound) say(added.error().message);
    }
    if (folder.artifacts && (fresh || scan_all)) scan(folder.path);
  }
}

void TargetWatch::scan(const std::filesystem::path& folder) {
  const auto now = Clock::now();
  for (const auto& file : places_.scan(folder)) {
    const auto stamp = stamp_of(file);
    if (!stamp || scanned_.contains(*stamp)) continue;
    if (findings_.file_seen(file, Findings::Sight::kScanned, now)) scanned_.insert(*stamp);
  }
}

void TargetWatch::settle(const std::optional<ProcessEnd>& ended) {
  findings_.settle(Clock::now(), ended, [this](const Finding& finding) {
    return desk_.take(finding, ended_with_, process_ ? process_->pid() : std::nullopt);
  });
}

void TargetWatch::drain_log() {
  const auto deadline = Clock::now() + kDrainLimit;
  while (process_->log() >= 0) {
    read_log();
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{process_->log(), POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) break;
    if ((waiting.revents & POLLIN) == 0) break;  // the end
  }
  plan_.feed->log_ended(runtime::unix_ms(), sink_);
}

void TargetWatch::fuzzer_ended(const runtime::ExitStatus& status) {
  drain_log();
  plan_.feed->look(runtime::unix_ms(), sink_);
  read_folders();
  ended_with_ = status;
  settle(ProcessEnd{static_cast<std::uint64_t>(*process_->pid()), !status.clean() && !process_->stopping()});
  ended_with_.reset();

  const bool stopping = process_->stopping();
  const auto codes =
      plan_.engine == Engine::kLibfuzzer ? libfuzzer_codes() : std::span<const runtime::CodeMeaning>();
  auto explanation = runtime::explain(status, codes);
  if (probably_oom_killed(status.signal.value_or(0), stopping, oom_kills_between(oom_, read_oom_counts()))) {
    explanation += ", by the kernel, as memory ran out";
  }
  const auto decision = process_->ended(status, findings_.take_yield(), explanation, Clock::now());
  if (stopping || decision.next != NextRun::kRestart) over_ = true;
  if (stopping) return;
  if (decision.next == NextRun::kGiveUp) {
    outcome_ = schema::unavailable(
        fmt::format("{}; what it said is in {}", decision.reason, (plan_.work_dir / "fuzzer.log").string()));
  }
  const double seconds = std::chrono::duration<double>(decision.delay).count();
  const auto why = decision.reason == explanation ? explanation : explanation + ", " + decision.reason;
  say(decision.next == NextRun::kRestart ? fmt::format("{}; again in {:.1f} s", why, seconds)
                                         : decision.reason);
}

// A fuzzer of somebody else's: how it ended is not told to us.
void TargetWatch::watched_ended() {
  ::close(watched_);
  watched_ = -1;
  plan_.feed->look(runtime::unix_ms(), sink_);
  settle(ProcessEnd{*plan_.config.watch_pid, false});
  say("the fuzzer has ended");
  over_ = true;
}

void TargetWatch::do_timed_work() {
  const auto now = Clock::now();
  if (process_) {
    process_->do_timed_work(now);
    const bool due = process_->start_due(now) || (start_at_ && now >= *start_at_);
    if (due && !process_->running() && !process_->stopping()) start_fuzzer(now);
  }
  desk_.collect(now);
  if (plan_.feed->look_often() && now >= next_look_) {
    plan_.feed->look(runtime::unix_ms(), sink_);
    next_look_ = now + kOftenRound;
  }
  if (now >= next_folders_) {
    // inotify can lose nothing but what overflowed; files that a bound left out are found by a scan.
    look_for_folders(findings_.waiting() == 0 && findings_.take_overflow());
    next_folders_ = now + kFolderRound;
  }
  if (now >= next_sample_) publish_sample(now), next_sample_ = now + node_.interval;
}

// A fuzzer of somebody else's may be writing while we go: what is not whole yet is the next run's.
void TargetWatch::finish() {
  const bool nobody_writes = process_ || (plan_.config.watch_pid && watched_ < 0);
  look_for_folders(true);
  settle(nobody_writes ? std::optional<ProcessEnd>(ProcessEnd{}) : std::nullopt);
  desk_.collect(Clock::now());
  if (nobody_writes && findings_.waiting() > 0 && outcome_.ok()) {
    outcome_ = schema::unavailable(fmt::format(
        "{} crashes could not be published; they stay where they are for the next run", findings_.waiting()));
  }
  publish_sample(Clock::now());
  if (node_.corpora != nullptr) node_.corpora->leave(plan_.config.name, kLastSnapshotWait);
}

}  // namespace fuzzmill::producers
