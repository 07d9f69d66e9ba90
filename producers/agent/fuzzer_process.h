// The fuzzer that we run: started, restarted by policy, stopped with everything that it started.
//
// AFL++ puts its fork server into a session of its own, so the group is not all: what descends from the
// fuzzer when it is told to stop is looked for again when it has ended, and killed. Life cycle: start() →
// running → poll() tells the end → ended() decides → start() when start_due(). One thread, which must live as
// long: the fuzzer dies with it (see runtime/child_process.h).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "producers/agent/supervise.h"
#include "producers/monitor/proc_stat.h"
#include "runtime/child_process.h"

namespace fuzzmill::producers {

class FuzzerProcess {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // `mark`: unique to this fuzzer on this machine, and the same over our restarts: its work folder.
  FuzzerProcess(runtime::SpawnOptions spawn, std::string mark, RestartPolicy policy);

  schema::Status start(Time now);
  bool running() const { return child_.has_value(); }
  std::optional<pid_t> pid() const;
  int pidfd() const { return child_ ? child_->pidfd() : -1; }
  int log() const { return child_ ? child_->err() : -1; }  // its standard error
  void close_log();
  // Its standard output, while that is a pipe of ours and open at its other end.
  int out() const { return child_ && out_open_ ? child_->out() : -1; }
  void out_ended() { out_open_ = false; }

  std::optional<runtime::ExitStatus> poll();
  // What its end means. The process is gone afterwards, the log closed.
  Decision ended(const runtime::ExitStatus& status, RunYield yield, const std::string& explanation, Time now);

  // Asks it to end; SIGKILL after `grace`. False: nothing runs.
  bool begin_stop(std::chrono::milliseconds grace, Time now);
  bool stopping() const { return stopping_; }

  // What descended from it at a look: remembered, for it may leave orphans when it dies.
  void family_seen(std::vector<ProcStat> tree) { family_ = std::move(tree); }

  // What time alone brings: the kill. next() says when.
  void do_timed_work(Time now);
  bool start_due(Time now) const { return restart_at_ && now >= *restart_at_; }
  std::optional<Time> next() const;

  Time started() const { return started_; }
  std::uint64_t restarts() const { return restarts_; }
  bool crash_looping() const { return crash_looping_; }

 private:
  void kill_left_over();

  std::string mark_;  // as it stands in an environment

  runtime::SpawnOptions spawn_;
  RestartPolicy policy_;
  std::optional<runtime::ChildProcess> child_;
  std::vector<RunEnd> ends_;
  std::vector<ProcStat> family_;  // what descended from it when it was told to stop
  Time started_;
  std::optional<Time> restart_at_, kill_at_;
  std::uint64_t starts_ = 0, restarts_ = 0;
  bool out_open_ = false;
  bool stopping_ = false, crash_looping_ = false;
};

}  // namespace fuzzmill::producers
