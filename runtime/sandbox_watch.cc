#include "runtime/sandbox_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/fd.h"
#include "runtime/private_folder.h"
#include "runtime/process_tree.h"

namespace fuzzmill::runtime {
namespace {

using schema::Result;
using schema::Status;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kPatience = 4;                  // times `wall`, for one who has to wait for a CPU
constexpr milliseconds kFolderInterval{200};  // between two looks at the working folder
constexpr milliseconds kKeeperGrace{2'000};   // for a keeper without a pid namespace to end the rest
constexpr milliseconds kDrainLimit{2'000};    // for outputs after the end
constexpr milliseconds kEndLimit{30'000};     // for whoever was killed to be gone

// Keepers that were killed and did not end, as a process of theirs hangs in the kernel. Their numbers are
// theirs until they are reaped, some time.
class LeftBehind {
 public:
  void add(pid_t keeper) {
    const std::lock_guard lock(mutex_);
    keepers_.push_back(keeper);
  }
  void reap() {
    const std::lock_guard lock(mutex_);
    std::erase_if(keepers_, [](pid_t keeper) { return ::waitpid(keeper, nullptr, WNOHANG) != 0; });
  }

 private:
  std::mutex mutex_;
  std::vector<pid_t> keepers_;
};

LeftBehind& left_behind() {
  static LeftBehind all;
  return all;
}

struct Channel {
  Fd ours, theirs;
};

Result<Channel> open_channel(bool non_blocking) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return from_errno(errno, "cannot make a pipe");
  Channel channel{Fd(ends[0]), Fd()};
  Fd theirs(ends[1]);
  channel.theirs = above_inner(std::move(theirs));
  if (channel.theirs.get() < 0) return from_errno(errno, "cannot make a pipe");
  if (non_blocking) ::fcntl(channel.ours.get(), F_SETFL, O_NONBLOCK);
  return channel;
}

// One run, from outside.
class Watch {
 public:
  explicit Watch(SandboxPlan plan) : plan_(std::move(plan)) {
    run_.out = HeadTail(limits_.head_bytes, limits_.tail_bytes);
    run_.err = HeadTail(limits_.head_bytes, limits_.tail_bytes);
  }
  Watch(const Watch&) = delete;
  ~Watch() {
    if (keeper_ > 0) (void)end_keeper();
  }

  Result<SandboxRun> run(std::stop_token stop) {
    if (auto started = start(); !started) return std::move(started).error();
    Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback on_stop(stop, [&wake] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
    });
    while (!keeper_ended()) {
      wait_for_something(wake.get());
      read_output(out_.ours, run_.out);
      read_output(err_.ours, run_.err);
      if (stop.stop_requested()) run_.stop = SandboxStop::kCaller;
      if (run_.stop == SandboxStop::kNone) look();
      if (run_.stop != SandboxStop::kNone) break;
    }
    if (!end_keeper()) {
      return schema::unavailable("the sandbox was killed and does not end: it hangs in the kernel");
    }
    run_.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - begun_);
    drain();
    return conclude();
  }

 private:
  Status start() {
    for (auto* channel : {&out_, &err_, &report_}) {
      auto opened = open_channel(channel != &report_);
      if (!opened) return std::move(opened).error();
      *channel = std::move(*opened);
    }
    plan_.out = out_.theirs.get(), plan_.err = err_.theirs.get(), plan_.report = report_.theirs.get();
    begun_ = next_measure_ = Clock::now();
    left_behind().reap();
    keeper_ = start_keeper(plan_);
    if (keeper_ < 0) return from_errno(errno, "cannot start a sandbox");
    for (auto* channel : {&out_, &err_, &report_}) channel->theirs.close();
    pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, keeper_, 0U)));
    if (pidfd_.get() < 0) return from_errno(errno, "pidfd_open (Linux 5.3 or newer is needed)");
    return {};
  }

  bool keeper_ended(milliseconds within = {}) const {
    const auto deadline = Clock::now() + within;
    while (true) {
      pollfd ended{pidfd_.get(), POLLIN, 0};
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      const int ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
      if (ready >= 0 || errno != EINTR) return ready == 1;
    }
  }

  void wait_for_something(int wake) {
    std::array<pollfd, 4> watched{{{pidfd_.get(), POLLIN, 0},
                                   {wake, POLLIN, 0},
                                   {out_.ours.get(), POLLIN, 0},
                                   {err_.ours.get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), static_cast<int>(limits_.poll.count()));
  }

  // Takes what is there, but no more than a share: a flood must not keep us from looking at the limits.
  void read_output(Fd& from, HeadTail& into) {
    static constexpr std::size_t kPiece = 64 * 1024;
    if (from.get() < 0) return;
    if (!buffer_) buffer_.emplace(kPiece, '\0');
    for (int piece = 0; piece < 32; ++piece) {
      const ssize_t got = ::read(from.get(), buffer_->data(), kPiece);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return;
      if (got == 0) {
        from.close();
        return;
      }
      into.add(std::string_view(buffer_->data(), static_cast<std::size_t>(got)));
    }
  }

  void look() {
    const auto now = Clock::now();
    if (now < next_look_) return;  // woken by output
    next_look_ = now + limits_.poll;
    const auto tree = descendants(keeper_, limits_.processes + 1);
    if (!tree.empty()) {
      // Figures only grow for one process; another first process would start from nothing.
      const auto waited = std::chrono::duration_cast<milliseconds>(waited_for_cpu(tree.front()));
      run_.waiting = std::max(run_.waiting, waited);
    }
    if (tree.size() > limits_.processes) run_.stop = SandboxStop::kProcesses;
    look_at_memory(tree);
    look_at_time(now);
    if (now >= next_measure_) {
      next_measure_ = now + kFolderInterval;
      const auto use = measure_folder(plan_.folder, limits_.folder_entries);
      if (use.bytes > limits_.file_bytes || use.entries > limits_.folder_entries) {
        run_.stop = SandboxStop::kFolder;
      }
    }
  }

  void look_at_time(Clock::time_point now) {
    const auto lasted = std::chrono::duration_cast<milliseconds>(now - begun_);
    if (lasted - run_.waiting > limits_.wall || lasted > kPatience * limits_.wall) {
      run_.stop = SandboxStop::kWall;
    }
  }

  void look_at_memory(const std::vector<pid_t>& tree) {
    // The program's process is the first; until it executes, what it has is ours.
    if (!executed_ && (tree.empty() || is_bare_fork(tree.front()))) return;
    executed_ = true;
    std::uint64_t sum = 0;
    for (const pid_t pid : tree) sum += resident_bytes(pid);
    if (sum > limits_.memory_bytes && tree.size() > 1) {
      // Forks share most of what they have; before we kill them for it we count it once.
      std::uint64_t shared_once = 0;
      for (const pid_t pid : tree) shared_once += proportional_bytes(pid).value_or(resident_bytes(pid));
      sum = std::min(sum, shared_once);
    }
    run_.peak_rss_bytes = std::max(run_.peak_rss_bytes, sum);
    if (sum > limits_.memory_bytes) run_.stop = SandboxStop::kMemory;
  }

  // Ends what still runs, and reaps the keeper. False: it was killed and is still there.
  bool end_keeper() {
    const bool watched = pidfd_.get() >= 0;
    if (!plan_.walls.pids && watched && !keeper_ended()) {
      ::kill(keeper_, SIGCONT);
      ::kill(keeper_, SIGTERM);
      if (!keeper_ended(kKeeperGrace)) {
        for (const pid_t pid : descendants(keeper_, 4096)) ::kill(pid, SIGKILL);
      }
    }
    ::kill(keeper_, SIGKILL);
    if (watched && !keeper_ended(kEndLimit)) {
      left_behind().add(std::exchange(keeper_, -1));
      return false;
    }
    struct rusage use {};
    int ignored = 0;
    while (::wait4(keeper_, &ignored, 0, &use) < 0 && errno == EINTR) {
    }
    keeper_ = -1;
    const auto in_milliseconds = [](const timeval& time) {
      return milliseconds(time.tv_sec * 1000LL + time.tv_usec / 1000);
    };
    run_.cpu = in_milliseconds(use.ru_utime) + in_milliseconds(use.ru_stime);
    return true;
  }

  // What the outputs still hold. Their writers are gone, but for one who got away without a pid namespace.
  void drain() {
    const auto deadline = Clock::now() + kDrainLimit;
    while ((out_.ours.get() >= 0 || err_.ours.get() >= 0) && Clock::now() < deadline) {
      std::array<pollfd, 2> watched{{{out_.ours.get(), POLLIN, 0}, {err_.ours.get(), POLLIN, 0}}};
      if (::poll(watched.data(), watched.size(), 0) <= 0) return;
      read_output(out_.ours, run_.out);
      read_output(err_.ours, run_.err);
    }
  }

  Result<SandboxRun> conclude() {
    std::optional<int> status;
    while (auto message = next_message()) {
      if (message->kind == SandboxMessage::Kind::kEnded) {
        status = message->number;
        run_.peak_rss_bytes = std::max<std::uint64_t>(
            run_.peak_rss_bytes, static_cast<std::uint64_t>(message->peak_kilobytes) * 1024);
        continue;
      }
      const char* step = name_of(message->step);
      if (message->step == SandboxStep::kExecute) return from_errno(message->number, plan_.program);
      if (message->step == SandboxStep::kFolder) return from_errno(message->number, plan_.folder);
      return schema::unavailable(fmt::format("sandbox, {}: {}", step, std::strerror(message->number)));
    }
    if (!status && run_.stop == SandboxStop::kNone) {
      return schema::unavailable("the sandbox's keeper was killed");
    }
    const int end = status.value_or(SIGKILL);
    if (run_.stop != SandboxStop::kNone || WIFSIGNALED(end)) {
      run_.exit.signal = run_.stop != SandboxStop::kNone ? SIGKILL : WTERMSIG(end);
    } else {
      run_.exit.code = WEXITSTATUS(end);
    }
    if (run_.stop == SandboxStop::kNone && run_.exit.signal == SIGXCPU) run_.stop = SandboxStop::kCpu;
    return std::move(run_);
  }

  std::optional<SandboxMessage> next_message() {
    SandboxMessage message;
    ssize_t got = 0;
    do {
      got = ::read(report_.ours.get(), &message, sizeof message);
    } while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(sizeof message)) return std::nullopt;
    return message;
  }

  SandboxPlan plan_;
  const SandboxLimits& limits_ = plan_.limits;
  SandboxRun run_{{}, SandboxStop::kNone, {0, 0}, {0, 0}, {}, {}, {}, 0};
  Channel out_, err_, report_;
  std::optional<std::string> buffer_;
  pid_t keeper_ = -1;
  Fd pidfd_;
  bool executed_ = false;
  Clock::time_point begun_, next_look_, next_measure_;
};

}  // namespace

Fd above_inner(Fd fd) { return fd.open() ? Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 10)) : std::move(fd); }

Result<SandboxRun> watch_sandbox(SandboxPlan plan, std::stop_token stop) {
  return Watch(std::move(plan)).run(std::move(stop));
}

}  // namespace fuzzmill::runtime
