#include "producers/agent/fuzzer_process.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "producers/monitor/proc_reader.h"
#include "producers/monitor/proc_sample.h"

namespace fuzzmill::producers {

schema::Status FuzzerProcess::start(Time now) {
  auto child = runtime::ChildProcess::spawn(spawn_);
  if (!child) return std::move(child).error();
  child_.emplace(std::move(*child));
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

// The same pid with the same start is the same process; another one is not ours to kill.
void FuzzerProcess::kill_left_over() {
  if (family_.empty()) return;
  for (const auto& alive : read_processes()) {
    const bool ours = std::any_of(family_.begin(), family_.end(), [&](const ProcStat& member) {
      return member.pid == alive.pid && member.start_ticks == alive.start_ticks;
    });
    if (ours && alive.state != 'Z') ::kill(alive.pid, SIGKILL);
  }
  family_.clear();
}

std::optional<FuzzerProcess::Time> FuzzerProcess::next() const {
  if (restart_at_ && kill_at_) return std::min(*restart_at_, *kill_at_);
  return restart_at_ ? restart_at_ : kill_at_;
}

}  // namespace fuzzmill::producers
