#include "producers/replay/replay_queue.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "producers/evidence/artifact.h"
#include "producers/replay/replay_job.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxUnderWay = 16;     // each holds the reports of its attempts
constexpr std::size_t kMaxMinimising = 256;  // more of them are not made smaller: replays come first

// Where a request waits for its first attempt: a timeout is borne out by waiting for it.
ReplayLane first_lane(const Expectation& expected) {
  return expected.kind == Expectation::Kind::kTimeout ? ReplayLane::kSlow : ReplayLane::kFresh;
}

}  // namespace

ReplayQueue::ReplayQueue(ReplayQueueOptions options)
    : options_(std::move(options)), schedule_(options_.waiting), budget_(options_.budget, Clock::now()) {
  if (!options_.run) {
    options_.run = [place = options_.place](const ReplayRequest& request, std::string_view bytes,
                                            runtime::CpuPriority priority, std::stop_token stop) {
      const auto& target = *request.target;
      return replay_bytes(place, target.command, bytes, request.input.filename().native(), target.limits,
                          priority, std::move(stop));
    };
  }
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options_.concurrency); ++i) {
    threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
  }
}

ReplayQueue::~ReplayQueue() { stop(); }

schema::Status ReplayQueue::push(ReplayRequest request) {
  const auto lane = first_lane(request.expected);
  const std::string target = request.target->name;
  auto job = std::make_unique<ReplayJob>();
  job->request = std::move(request);
  const Lock lock(mutex_);
  if (stopped_) return schema::unavailable("the replay queue is stopped");
  if (auto pushed = schedule_.push(lane, target, job); !pushed) return pushed;
  changed_.notify_all();  // not all who wait, wait for this
  return {};
}

void ReplayQueue::stop() {
  {
    const Lock lock(mutex_);
    stopped_ = true;
  }
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

ReplayQueueState ReplayQueue::state() const {
  const Lock lock(mutex_);
  ReplayQueueState state;
  state.minimising = schedule_.waiting(ReplayLane::kMinimise);
  state.waiting = schedule_.waiting() - state.minimising;
  state.running = running_;
  state.delivered = delivered_;
  state.held_back = held_back_ && schedule_.waiting() > 0;
  return state;
}

void ReplayQueue::work(std::stop_token stop) {
  while (auto job = wait_for_job(stop)) {
    run_job(std::move(job), stop);
    const Lock lock(mutex_);
    --running_;
  }
}

// Nothing may escape: it would end the process. Out of memory, most likely: the next one may fit.
void ReplayQueue::run_job(std::unique_ptr<ReplayJob> job, std::stop_token stop) {
  std::optional<ReplayRequest> undelivered;
  try {
    if (!job->minimiser) undelivered = job->request;
    step(std::move(job), std::move(stop), undelivered);
  } catch (const std::exception& error) {
    if (undelivered) give_up(*undelivered, error.what());
  }
}

void ReplayQueue::give_up(const ReplayRequest& request, const std::string& reason) {
  try {
    ReplayResult result;
    result.attempts.push_back(could_not_run(reason));
    result.verdict = judge(result.attempts, request.expected);
    options_.deliver(request, std::move(result));
  } catch (const std::exception&) {
    return;  // who waits for it asks again after a restart
  }
  const Lock lock(mutex_);
  ++delivered_;
}

// False: stopped.
bool ReplayQueue::wait_for_budget(Lock& lock, std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto now = Clock::now();
    held_back_ = !budget_.may_start(now);
    if (!held_back_) return true;
    changed_.wait_until(lock, stop, budget_.next(now), [] { return false; });
  }
  return false;
}

// Null: stopped.
std::unique_ptr<ReplayJob> ReplayQueue::wait_for_job(std::stop_token stop) {
  Lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return schedule_.waiting() > 0; })) {
    // First the budget, then the choice: what came meanwhile may be more urgent. Or another thread took it.
    if (!wait_for_budget(lock, stop)) return nullptr;
    auto job = schedule_.pop();
    if (!job) continue;
    if (!job->attempts.empty()) --under_way_;
    ++running_;
    return job;
  }
  return nullptr;
}

// Gives the turn away between two attempts; not when as many as may be are under way.
bool ReplayQueue::make_room(std::unique_ptr<ReplayJob>& job) {
  const Lock lock(mutex_);
  if (schedule_.waiting() == 0 || under_way_ >= kMaxUnderWay) return false;
  const std::string target = job->request.target->name;
  schedule_.put_back(ReplayLane::kSlow, target, std::move(job));
  ++under_way_;
  return true;
}

Attempt ReplayQueue::attempt(const ReplayJob& job, std::string_view bytes, std::stop_token stop) {
  // Who was starved once would be again: the budget, which is charged all the same, keeps it in bounds.
  const bool starved =
      std::any_of(job.attempts.begin(), job.attempts.end(), [](const auto& a) { return a.starved(); });
  const auto priority = starved ? runtime::CpuPriority::kNormal : options_.priority;
  Attempt made;
  try {
    made = options_.run(job.request, bytes, priority, std::move(stop));
  } catch (const std::exception& error) {  // out of memory, most likely: the next one may fit
    made = could_not_run(error.what());
  }
  const Lock lock(mutex_);
  budget_.charge(made.cpu, Clock::now());
  return made;
}

// `undelivered` is emptied once somebody else is to deliver the request.
void ReplayQueue::step(std::unique_ptr<ReplayJob> job, std::stop_token stop,
                       std::optional<ReplayRequest>& undelivered) {
  if (job->minimiser) return step_minimise(std::move(job), std::move(stop));
  if (!step_replay(job, std::move(stop))) return undelivered.reset();
  deliver(*job);
  undelivered.reset();
  minimise_later(std::move(job));
}

// Attempts until it is judged; false: it waits again, as one took long and others wait, or we are stopped.
bool ReplayQueue::step_replay(std::unique_ptr<ReplayJob>& job, std::stop_token stop) {
  const auto& target = *job->request.target;
  auto& attempts = job->attempts;
  while (true) {
    const auto bytes = read_bounded(job->request.input, target.limits.input_bytes);
    if (!bytes) {
      attempts.push_back(could_not_run(bytes.error().message));
      return true;  // it will not come back
    }
    attempts.push_back(attempt(*job, *bytes, stop));
    if (stop.stop_requested()) return false;
    if (next_step(attempts, job->request.expected, target.limits.tries) == NextStep::kEnough) return true;
    if (attempts.back().duration > options_.slow_after && make_room(job)) return false;
    Lock lock(mutex_);
    if (!wait_for_budget(lock, stop)) return false;
  }
}

void ReplayQueue::deliver(ReplayJob& job) {
  ReplayResult result;
  result.verdict = judge(job.attempts, job.request.expected);
  const bool minimise = job.request.minimise && options_.identity && options_.deliver_minimised &&
                        job.request.expected.kind == Expectation::Kind::kCrash &&
                        result.verdict.reproduction == Reproduction::kReproducible && result.verdict.best;
  if (minimise) job.identity = options_.identity(job.attempts[*result.verdict.best].report);
  result.attempts = std::exchange(job.attempts, {});
  options_.deliver(job.request, std::move(result));
  const Lock lock(mutex_);
  ++delivered_;
}

void ReplayQueue::minimise_later(std::unique_ptr<ReplayJob> job) {
  if (job->identity.empty()) return;
  // Held as an empty search until its turn: what waits in the lane is a path, not bytes.
  job->minimiser.emplace(std::string(), options_.minimise);
  const std::string target = job->request.target->name;
  const Lock lock(mutex_);
  if (schedule_.waiting(ReplayLane::kMinimise) >= kMaxMinimising) return;
  schedule_.move_to(ReplayLane::kMinimise, target, std::move(job));
  changed_.notify_all();
}

// All candidates of one input for as long as nobody else waits, so that few inputs are in memory at once.
void ReplayQueue::step_minimise(std::unique_ptr<ReplayJob> job, std::stop_token stop) {
  auto& minimiser = *job->minimiser;
  if (minimiser.tries() == 0) {
    auto bytes = read_bounded(job->request.input, job->request.target->limits.input_bytes);
    if (!bytes) return;
    minimiser = Minimiser(std::move(*bytes), options_.minimise);
  }
  while (const auto& candidate = minimiser.candidate()) {
    const auto made = attempt(*job, *candidate, stop);
    if (stop.stop_requested()) return;
    job->spent += made.duration;
    minimiser.answer(made.outcome == Outcome::kCrashed && options_.identity(made.report) == job->identity);
    if (job->spent > options_.minimise_time) minimiser.finish();
    if (!minimiser.candidate()) break;
    Lock lock(mutex_);
    if (schedule_.waiting() > schedule_.waiting(ReplayLane::kMinimise)) {
      const std::string target = job->request.target->name;
      schedule_.put_back(ReplayLane::kMinimise, target, std::move(job));
      return;
    }
    if (!wait_for_budget(lock, stop)) return;
  }
  options_.deliver_minimised(job->request, {minimiser.best(), minimiser.smaller(), minimiser.tries()});
}

}  // namespace fuzzmill::producers
