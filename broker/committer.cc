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

Committer::Committer(Part part, ServerOptions options, Pressure& pressure, Recent& recent,
                     std::function<void()> wake)
    : part_(part),
      options_(std::move(options)),
      pressure_(pressure),
      recent_(recent),
      wake_(std::move(wake)),
      hold_(options_.hold),
      lease_(fmt::format("{} {}", host_name(), ::getpid())) {}

Committer::~Committer() { stop(); }

Status Committer::start() {
  if (auto status = connect(); !status) return status;
  if (part_ == Part::kDispatch) {
    if (auto status = take_lease(); !status) return status;
    owns_name_ = true;
    if (auto status = take_back_own(); !status) return status;
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
  if (!owns_name_) return {};
  auto taken = take_back_own();
  if (!taken) log_.reset();  // it must not be used without
  return taken;
}

// After a start, and after a connection broke in the middle of a transaction: what is on loan in Redis is
// the truth, and becomes pending, where it is found by all who look for what was handed out.
Status Committer::take_back_own() {
  for (const auto& [stage, topic] : schema::kSubscriptions) {
    const auto taken = log_->take_back(topic, stage, options_.broker_id);
    if (!taken) return Error(taken.error());
  }
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
  for (const auto& claim : job.claims) transaction.due.push_back(&claim);
  if (part_ == Part::kDispatch) {
    lend(job, transaction);
    for (const auto& finish : transaction.finished) {
      auto& asks = transaction.asks;
      if (std::find(asks.begin(), asks.end(), finish.topic) == asks.end()) asks.push_back(finish.topic);
    }
  }
  store::Committed committed;
  if (!transaction.empty()) {
    auto done = log_->commit(transaction);
    if (!done) return std::move(done).error();
    committed = std::move(done).value();
  }
  note_appended(job, transaction, committed, result);
  for (const auto& [topic, floor] : committed.floors) pressure_.set_floor(topic, floor);
  if (part_ == Part::kIntake) {
    remember(job, transaction, committed);
  } else {
    forget_handed_out();
  }
  std::vector<store::LogEntry> entries = std::move(committed.entries);
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

// What the front has to know of a transaction that happened.
void Committer::note_appended(const Job& job, const store::LogTransaction& transaction,
                              const store::Committed& committed, JobResult& result) {
  for (const auto& append : transaction.appends) {
    result.appended[static_cast<std::size_t>(append.topic)] = true;
    pressure_.dirty[static_cast<std::size_t>(append.topic)].store(true);
  }
  for (const auto& finish : transaction.finished)
    pressure_.dirty[static_cast<std::size_t>(finish.topic)].store(true);
  result.reads = job.reads;
  std::array<std::array<std::size_t, schema::kTopicCount>, schema::kStageCount> counts{};
  for (const auto& entry : committed.entries) {
    const auto stage = static_cast<std::size_t>(entry.stage);
    const std::size_t count = ++counts[stage][static_cast<std::size_t>(entry.topic)];
    result.read_counts[stage] = std::max(result.read_counts[stage], count);
  }
  for (const auto& read : job.reads) {  // a cursor that had moved: look again at once
    const auto stage = static_cast<std::size_t>(read.stage);
    if (committed.moved[stage]) result.read_counts[stage] = std::max(result.read_counts[stage], read.count);
  }
}

// What can be handed out of memory is not read from Redis. Loans take a little memory of Redis, which
// pending entries get even when there is none.
void Committer::lend(const Job& job, store::LogTransaction& transaction) {
  if (pressure_.full.load()) return;
  for (const auto& read : job.reads) {
    for (const auto& [stage, topic] : schema::kSubscriptions) {
      if (stage != read.stage) continue;
      const auto cursor = log_->cursor(topic, stage);
      auto entries = recent_.after(topic, cursor, read.count);
      if (!entries.empty()) {
        transaction.lends.push_back({topic, stage, std::move(entries)});
      } else if (!read.others && recent_.at_end(topic, cursor)) {
        // What the intake is appending at this moment would be read back; a moment later it can be lent.
        transaction.left_out.push_back({stage, topic});
      }
    }
  }
}

// The events stay in the frames that they came in. A frame that is mostly something else is not worth it.
void Committer::remember(Job& job, const store::LogTransaction& transaction,
                         const store::Committed& committed) {
  if (committed.ids.size() != transaction.appends.size()) return;
  std::array<std::vector<store::Appended>, schema::kTopicCount> appended;
  std::size_t next = 0;
  for (PublishWork& publish : job.publishes) {
    std::size_t bytes = 0;
    for (const TakenEvent& event : publish.intake.events) bytes += event.event.size();
    const bool whole = publish.frames.size() > 1 && publish.frames[1].size() <= 2 * bytes + 1024;
    std::shared_ptr<const zmq::message_t> frame;
    for (const TakenEvent& event : publish.intake.events) {
      if (next == transaction.appends.size() || transaction.appends[next].event.data() != event.event.data())
        continue;  // refused, or in the log already
      const auto& append = transaction.appends[next];
      if (whole && !frame) frame = std::make_shared<const zmq::message_t>(std::move(publish.frames[1]));
      appended[static_cast<std::size_t>(append.topic)].push_back(
          {committed.ids[next], whole ? store::Bytes(frame, append.event) : std::string(append.event),
           append.bucket});
      ++next;
    }
  }
  for (std::size_t i = 0; i < committed.ids.size(); ++i) {
    const auto& append = transaction.appends[i];
    paces_[static_cast<std::size_t>(append.topic)].appended(committed.ids[i], append.event.size());
  }
  for (const schema::Topic topic : schema::all_topics()) {
    auto& entries = appended[static_cast<std::size_t>(topic)];
    const auto& before = committed.before[static_cast<std::size_t>(topic)];
    if (!entries.empty() && before) recent_.add(topic, *before, std::move(entries));
  }
}

// What every group of a topic has handed out need not be remembered.
void Committer::forget_handed_out() {
  for (const schema::Topic topic : schema::all_topics()) {
    std::optional<store::EntryId> least;
    for (const auto& [stage, subscribed] : schema::kSubscriptions) {
      if (subscribed != topic) continue;
      const auto cursor = log_->cursor(topic, stage);
      least = least ? std::min(*least, cursor) : cursor;
    }
    if (least) recent_.forget(topic, *least);
  }
}

}  // namespace fuzzmill::broker
