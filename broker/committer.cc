#include "broker/committer.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "broker/clock.h"
#include "runtime/log.h"
#include "schema/keys.h"

namespace fuzzmill::broker {
namespace {

using schema::Error;
using schema::ErrorCode;
using schema::Status;

constexpr auto kLeaseLife = "10000";  // ms; refreshed each third of it

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// Whether the holder of a lease ("host pid") is a process of this host that has ended.
bool holder_is_dead(std::string_view lease) {
  const auto blank = lease.find(' ');
  if (blank == std::string_view::npos || lease.substr(0, blank) != host_name()) return false;
  const pid_t pid = static_cast<pid_t>(std::atoi(std::string(lease.substr(blank + 1)).c_str()));
  return pid == ::getpid() || (::kill(pid, 0) != 0 && errno == ESRCH);
}

}  // namespace

Committer::Committer(Part part, ServerOptions options, Pressure& pressure, std::function<void()> wake)
    : part_(part),
      options_(std::move(options)),
      pressure_(pressure),
      wake_(std::move(wake)),
      hold_(options_.hold),
      lease_(fmt::format("{} {}", host_name(), ::getpid())) {}

Committer::~Committer() { stop(); }

Status Committer::start() {
  if (auto status = connect(); !status) return status;
  if (part_ == Part::kDispatch) {
    if (auto status = take_lease(); !status) return status;
    JobResult first;
    if (auto listed = list_own_pending(first); !listed) return listed;
    give(std::move(first));
  }
  thread_ = std::thread([this] { serve(); });
  return {};
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (log_ && part_ == Part::kDispatch) {  // a successor need not wait for the lease to run out
    (void)log_->redis().command({"DEL", schema::keys::broker(options_.broker_id)});
  }
  log_.reset();
}

Status Committer::connect() {
  auto redis = store::Redis::connect(options_.redis);
  if (!redis) return std::move(redis).error();
  auto log = store::EventLog::open(std::move(redis).value(), options_.broker_id);
  if (!log) return std::move(log).error();
  log_.emplace(std::move(log).value());
  return {};
}

// The broker's name in the groups is its own while it holds this key: two brokers of one name would
// take each other's deliveries for their own.
Status Committer::take_lease() {
  const std::string key = schema::keys::broker(options_.broker_id);
  const std::uint64_t give_up = steady_ms() + 15'000;
  for (;;) {
    const auto taken = log_->redis().command({"SET", key, lease_, "NX", "PX", kLeaseLife});
    if (!taken) return Error(taken.error());
    if (!taken->is_nil()) return {};
    const auto holder = log_->redis().command({"GET", key});
    if (!holder) return Error(holder.error());
    if (holder_is_dead(holder->text)) {
      (void)log_->redis().command({"DEL", key});
      continue;
    }
    if (steady_ms() > give_up) {
      return schema::conflict(
          fmt::format("a broker named '{}' is alive ({}); give this one another --broker-id",
                      options_.broker_id, holder->text));
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(200), [this] { return stopping_; });
    if (stopping_) return schema::unavailable("stopped while waiting for the lease");
  }
}

void Committer::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    job_ = std::move(job);
  }
  changed_.notify_all();
}

std::vector<JobResult> Committer::take_results() {
  const std::lock_guard lock(mutex_);
  std::vector<JobResult> results(std::make_move_iterator(results_.begin()),
                                 std::make_move_iterator(results_.end()));
  results_.clear();
  return results;
}

void Committer::give(JobResult result) {
  {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
  }
  wake_();
}

void Committer::serve() {
  for (;;) {
    std::optional<Job> job;
    {
      std::unique_lock lock(mutex_);
      const bool dirty =
          std::any_of(pressure_.dirty.begin(), pressure_.dirty.end(), [](const auto& d) { return d.load(); });
      const auto wakes = [this] { return stopping_ || job_.has_value(); };
      if (part_ == Part::kIntake) {
        changed_.wait(lock, wakes);
      } else {
        changed_.wait_for(lock, std::chrono::milliseconds(dirty ? 200 : 3000), wakes);
      }
      if (stopping_ && !job_) return;
      job = std::exchange(job_, std::nullopt);
    }
    if (job) {
      JobResult result = run(*job);
      result.was_job = true;
      result.was_intake = part_ == Part::kIntake;
      kept_bytes_.clear();
      give(std::move(result));
    }
    if (part_ == Part::kDispatch) housekeep();
  }
}

// Until the job is done: Redis may restart meanwhile.
JobResult Committer::run(Job& job) {
  bool again = false;
  std::uint64_t pause = 50;
  for (;;) {
    JobResult result;
    Status status = log_ ? Status{} : connect();
    if (status) status = attempt(job, result, again);
    if (status && again && part_ == Part::kDispatch) status = list_own_pending(result);
    if (status) return result;
    if (status.error().code == ErrorCode::kConflict) continue;  // another broker moved a mark: judge anew
    runtime::log_warn("Redis is away", {{"error", status.error().message}, {"retry_ms", pause}});
    log_.reset();
    again = true;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(pause), [this] { return stopping_; });
    if (stopping_) return {};  // nothing of it is acknowledged; it comes again
    pause = std::min<std::uint64_t>(pause * 2, 2000);
  }
}

Status Committer::attempt(Job& job, JobResult& result, bool again) {
  store::LogTransaction transaction;
  if (auto status = judge_publishes(job, transaction, result); !status) return status;
  if (auto status = judge_verdicts(job, transaction, again); !status) return status;
  transaction.reads = job.reads;
  std::vector<store::LogEntry> entries;
  if (!transaction.empty()) {
    auto committed = log_->commit(transaction);
    if (!committed) return std::move(committed).error();
    entries = std::move(committed).value();
  }
  for (const auto& append : transaction.appends) {
    result.appended[static_cast<std::size_t>(append.topic)] = true;
    pressure_.dirty[static_cast<std::size_t>(append.topic)].store(true);
  }
  for (const auto& finish : transaction.finished)
    pressure_.dirty[static_cast<std::size_t>(finish.topic)].store(true);
  result.reads = job.reads;
  std::array<std::array<std::size_t, schema::kTopicCount>, schema::kStageCount> counts{};
  for (const auto& entry : entries) {
    const auto stage = static_cast<std::size_t>(entry.stage);
    const std::size_t count = ++counts[stage][static_cast<std::size_t>(entry.topic)];
    result.read_counts[stage] = std::max(result.read_counts[stage], count);
  }
  if (!job.claims.empty()) {
    auto claimed = log_->claim(job.claims);
    if (!claimed) return std::move(claimed).error();
    for (const auto& claim : job.claims) ++result.claims_asked[static_cast<std::size_t>(claim.stage)];
    entries.insert(entries.end(), std::make_move_iterator(claimed->begin()),
                   std::make_move_iterator(claimed->end()));
  }
  std::vector<Work> works = job.fetches;
  for (auto& entry : entries) works.push_back({std::move(entry), {}});
  return fetch(job, std::move(works), result);
}

}  // namespace fuzzmill::broker
