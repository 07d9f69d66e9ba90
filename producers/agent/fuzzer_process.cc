#include "producers/agent/fuzzer_process.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <utility>

#include "producers/monitor/proc_reader.h"
#include "producers/monitor/proc_sample.h"

namespace fuzzmill::producers {
namespace {

constexpr const char* kMarkVariable = "FUZZMILL_FUZZER";
constexpr std::size_t kMaxEnvironment = 256 * 1024;

// Whether the process was started with the variable; those of others cannot be read and are not ours.
bool carries(pid_t pid, const std::string& mark) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
  std::string environment(1, '\0');
  char buffer[4096];
  while (in.read(buffer, sizeof buffer), in.gcount() > 0 && environment.size() < kMaxEnvironment) {
    environment.append(buffer, static_cast<std::size_t>(in.gcount()));
  }
  environment.push_back('\0');
  return environment.find('\0' + mark + '\0') != std::string::npos;
}

}  // namespace

FuzzerProcess::FuzzerProcess(runtime::SpawnOptions spawn, std::string mark, RestartPolicy policy)
    : mark_(std::string(kMarkVariable) + "=" + mark), spawn_(std::move(spawn)), policy_(std::move(policy)) {
  spawn_.environment.emplace_back(kMarkVariable, std::move(mark));
}

schema::Status FuzzerProcess::start(Time now) {
  kill_left_over();
  auto child = runtime::ChildProcess::spawn(spawn_);
  if (!child) return std::move(child).error();
  child_.emplace(std::move(*child));
  out_open_ = child_->out() >= 0;
  started_ = now;
  restart_at_.reset();
  if (++starts_ > 1) ++restarts_;
  return {};
}

std::optional<pid_t> FuzzerProcess::pid() const {
  return child_ ? std::optional(child_->pid()) : std::nullopt;
}

void FuzzerProcess::close_log() {
  if (child_) child_->close_err();
}

std::optional<runtime::ExitStatus> FuzzerProcess::poll() { return child_ ? child_->poll() : std::nullopt; }

Decision FuzzerProcess::ended(const runtime::ExitStatus& status, RunYield yield,
                              const std::string& explanation, Time now) {
  kill_left_over();
  child_.reset();
  kill_at_.reset();
  const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  ends_.push_back({lasted, yield, status.clean(), explanation});
  if (ends_.size() > history_needed(policy_)) ends_.erase(ends_.begin());
  if (stopping_) return {NextRun::kFinished, {}, false, "stopped: " + explanation};
  Decision decision = decide(policy_, ends_);
  crash_looping_ = decision.crash_looping;
  if (decision.next == NextRun::kRestart) restart_at_ = now + decision.delay;
  return decision;
}

bool FuzzerProcess::begin_stop(std::chrono::milliseconds grace, Time now) {
  stopping_ = true;
  restart_at_.reset();
  if (!child_) return false;
  family_ = tree_of(read_processes(), child_->pid());
  child_->signal_group(SIGTERM);
  child_->signal_group(SIGCONT);  // a stopped one cannot hear it
  kill_at_ = now + grace;
  return true;
}

void FuzzerProcess::do_timed_work(Time now) {
  if (!kill_at_ || now < *kill_at_) return;
  if (child_) {
    family_ = tree_of(read_processes(), child_->pid());
    child_->signal_group(SIGKILL);
  }
  kill_at_.reset();
}

// Of the family, the same pid with the same start is the same process; another one is not ours to kill.
void FuzzerProcess::kill_left_over() {
  for (const auto& alive : read_processes()) {
    const bool family = std::any_of(family_.begin(), family_.end(), [&](const ProcStat& member) {
      return member.pid == alive.pid && member.start_ticks == alive.start_ticks;
    });
    if (alive.state != 'Z' && (family || carries(alive.pid, mark_))) ::kill(alive.pid, SIGKILL);
  }
  family_.clear();
}

std::optional<FuzzerProcess::Time> FuzzerProcess::next() const {
  if (restart_at_ && kill_at_) return std::min(*restart_at_, *kill_at_);
  return restart_at_ ? restart_at_ : kill_at_;
}

}  // namespace fuzzmill::producers
