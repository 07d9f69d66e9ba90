// Replays that wait for their turn, so that fuzzing keeps its cores.
//
// Life cycle: made → its threads run attempts, one request at a time each, while the CPU budget allows →
// stop(). A request is tried as TryPolicy says and delivered once, with all attempts and a verdict. One that
// takes long makes room for others between two attempts. What the target does stays in its sandbox: a hang
// costs its time limit, a flood of output its bounded report, and the next one runs.
//
// Memory is bounded: what waits is paths (inputs are read when their turn comes), and the reports of the few
// requests that are between two attempts.
//
// Threads: push(), state() from any thread. The sinks are called on the queue's threads, several at once when
// `concurrency` is over 1; they may call push(), and hold up the queue while they run; they must not call
// stop(). A `deliver` that throws is called once more, with an attempt that could not run and says why.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "producers/replay/cpu_budget.h"
#include "producers/replay/minimise.h"
#include "producers/replay/replay.h"
#include "producers/replay/replay_schedule.h"
#include "producers/replay/verdict.h"

namespace fuzzmill::producers {

// What the requests of one target share.
struct ReplayTarget {
  std::string name;
  ReplayCommand command;
  ReplayLimits limits;
};

struct ReplayRequest {
  std::string key;  // the caller's own
  std::shared_ptr<const ReplayTarget> target;
  std::filesystem::path input;  // has to stay until the result, with minimising until that result
  Expectation expected;
  bool minimise = false;  // when it is reproducible and a crash
};

struct ReplayResult {
  std::vector<Attempt> attempts;
  Verdict verdict;
};

struct MinimiseResult {
  std::string input;  // the smallest that keeps the identity; the original when there is none
  bool smaller = false;
  std::size_t tries = 0;
};

struct ReplayQueueOptions {
  ReplayPlace place;
  std::size_t concurrency = 1;
  runtime::CpuPriority priority = runtime::CpuPriority::kNice;
  CpuBudgetOptions budget;
  ReplayScheduleLimits waiting;
  std::chrono::milliseconds slow_after{5'000};  // an attempt over it makes room for others

  // What has to stay the same when an input is made smaller, from a report; empty: not known. None: no
  // minimising.
  std::function<std::string(const std::string& report)> identity;
  MinimiseLimits minimise;
  std::chrono::milliseconds minimise_time{600'000};  // of its attempts together

  std::function<void(const ReplayRequest&, ReplayResult)> deliver;  // REQUIRED
  std::function<void(const ReplayRequest&, MinimiseResult)> deliver_minimised;

  // One attempt; replay_bytes() when none is given. For tests.
  std::function<Attempt(const ReplayRequest&, std::string_view bytes, runtime::CpuPriority, std::stop_token)>
      run;
};

struct ReplayQueueState {
  std::size_t waiting = 0;     // for their first or another attempt
  std::size_t minimising = 0;  // waiting too, but only to be made smaller
  std::size_t running = 0;
  std::uint64_t delivered = 0;
  bool held_back = false;  // something waits, and the budget is spent
};

class ReplayQueue {
 public:
  explicit ReplayQueue(ReplayQueueOptions options);
  ~ReplayQueue();  // stop()
  ReplayQueue(const ReplayQueue&) = delete;

  // kUnavailable: full, or stopped: publish without a replay, or try later.
  schema::Status push(ReplayRequest request);

  // Ends what runs and joins the threads. What was not delivered is forgotten: after a restart the caller
  // pushes it again.
  void stop();

  ReplayQueueState state() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  void work(std::stop_token stop);
  std::unique_ptr<ReplayJob> wait_for_job(std::stop_token stop);
  Attempt attempt(const ReplayJob& job, std::string_view bytes, std::stop_token stop);
  void run_job(std::unique_ptr<ReplayJob> job, std::stop_token stop);
  void give_up(const ReplayRequest& request, const std::string& reason);
  void step(std::unique_ptr<ReplayJob> job, std::stop_token stop, std::optional<ReplayRequest>& undelivered);
  bool step_replay(std::unique_ptr<ReplayJob>& job, std::stop_token stop);
  void step_minimise(std::unique_ptr<ReplayJob> job, std::stop_token stop);
  void deliver(ReplayJob& job);
  void minimise_later(std::unique_ptr<ReplayJob> job);
  bool make_room(std::unique_ptr<ReplayJob>& job);
  bool wait_for_budget(Lock& lock, std::stop_token stop);

  ReplayQueueOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  ReplaySchedule schedule_;
  CpuBudget budget_;
  std::size_t running_ = 0;
  std::size_t under_way_ = 0;  // that wait with attempts made
  std::uint64_t delivered_ = 0;
  bool held_back_ = false, stopped_ = false;
  std::vector<std::jthread> threads_;  // last: they use all above
};

}  // namespace fuzzmill::producers
