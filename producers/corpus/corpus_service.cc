#include "producers/corpus/corpus_service.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr std::chrono::milliseconds kTick{500};
constexpr std::chrono::milliseconds kRoomTick{100};
constexpr std::chrono::milliseconds kLongestRetry{1'800'000};
constexpr std::chrono::milliseconds kOldBrokerRetry{3'600'000};
constexpr std::chrono::minutes kLongestWait{
    10};  // for room in the spool; then the snapshot is begun anew later
constexpr int kBelowFuzzers = 10;

std::string new_snapshot_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

bool for_good(const schema::Error& error) { return error.code != schema::ErrorCode::kUnavailable; }

}  // namespace

struct CorpusService::Entry {
  CorpusTarget target;
  std::chrono::milliseconds jitter{};
  std::uint64_t last_ms = 0;  // Unix time of the last whole snapshot
  std::unique_ptr<SnapshotJob> job;
  bool ordered = false;
  bool leaving = false, last_begun = false;
  std::chrono::milliseconds pause{0};  // after the last failure
  std::optional<Time> retry_at, waiting_since;
  std::unique_ptr<TargetSharing> sharing;
  Time next_sharing{};
  std::chrono::milliseconds sharing_pause{0};  // after the last failure
  std::string said;

  bool gone() const { return leaving && last_begun && !job; }
};

CorpusService::CorpusService(CorpusServiceOptions options, Outbox& outbox, Questions& questions)
    : options_(std::move(options)), outbox_(outbox), questions_(questions) {
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

CorpusService::~CorpusService() {
  thread_.request_stop();
  changed_.notify_all();
}

void CorpusService::add(CorpusTarget target) {
  const std::lock_guard lock(mutex_);
  here_.insert(target.snapshot.target);
  leaving_.erase(target.snapshot.target);
  coming_.push_back(std::move(target));
  changed_.notify_all();
}

void CorpusService::leave(const std::string& target, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (!here_.contains(target)) return;
  leaving_.insert(target);
  changed_.notify_all();
  const auto until = Clock::now() + limit;
  changed_.wait_until(lock, thread_.get_stop_token(), until, [&] { return !here_.contains(target); });
  here_.erase(target);  // the thread forgets what is not here
}

void CorpusService::serve(const std::stop_token& stop) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kBelowFuzzers);
  while (!stop.stop_requested()) {
    take_in();
    const bool more = work(Clock::now());
    forget_left();
    if (more) continue;
    const bool waits = std::any_of(entries_.begin(), entries_.end(),
                                   [](const auto& entry) { return entry.second->job != nullptr; });
    std::unique_lock lock(mutex_);
    const auto known = leaving_;
    changed_.wait_for(lock, stop, waits ? kRoomTick : kTick,
                      [&] { return !coming_.empty() || leaving_ != known; });
  }
  for (auto& [name, entry] : entries_) {
    if (entry->sharing) entry->sharing->keep(options_.unix_ms());
  }
}

void CorpusService::take_in() {
  const std::lock_guard lock(mutex_);
  for (auto& target : coming_) {
    const auto name = target.snapshot.target;
    auto entry = std::make_unique<Entry>();
    target.snapshot.node = options_.node;
    entry->jitter = jitter_of(options_.node, name, target.times.spread);
    entry->last_ms = last_snapshot_ms(target.snapshot.state_file);
    entry->target = std::move(target);
    entries_[name] = std::move(entry);
  }
  coming_.clear();
  for (const auto& name : leaving_) {
    const auto found = entries_.find(name);
    if (found != entries_.end()) found->second->leaving = true;
  }
}

// True: there is more to do at once.
bool CorpusService::work(Time now) {
  poll_orders(now);
  begin_due(now);
  bool more = false;
  for (auto& [name, entry] : entries_) {
    if (entry->job && step(*entry, now)) more = true;
  }
  if (!more) share(now);
  return more;
}

void CorpusService::poll_orders(Time now) {
  if (now < next_orders_ || entries_.empty()) return;
  schema::OrdersAsked ask;
  ask.reports = orders_.reports();
  auto told = questions_.ask(ask);
  if (!told) {
    const auto longest = for_good(told.error()) ? kOldBrokerRetry : std::chrono::milliseconds(60'000);
    orders_pause_ =
        for_good(told.error()) ? longest : std::clamp(2 * orders_pause_, options_.orders_every, longest);
    next_orders_ = Clock::now() + orders_pause_;
    return;
  }
  orders_pause_ = {};
  orders_.reported(ask.reports.size());
  std::set<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (!entry->leaving) names.insert(name);
  }
  for (const auto& name : orders_.told(told->orders, names)) entries_.at(name)->ordered = true;
  next_orders_ = Clock::now() + options_.orders_every;
}

// One job at a time; but who leaves does not wait for the others.
void CorpusService::begin_due(Time now) {
  bool busy = std::any_of(entries_.begin(), entries_.end(),
                          [](const auto& entry) { return entry.second->job != nullptr; });
  for (auto& [name, entry] : entries_) {
    if (entry->job) continue;
    const bool last = entry->leaving && !entry->last_begun;
    if (last) entry->last_begun = true;
    const bool wants_last = last && entry->target.times.interval.count() > 0;
    const bool retry_passed = !entry->retry_at || now >= *entry->retry_at;
    const bool due = !entry->leaving && !busy && retry_passed &&
                     snapshot_due(entry->target.times, entry->jitter, entry->last_ms, options_.unix_ms());
    const bool ordered = !entry->leaving && !busy && entry->ordered;
    if (!wants_last && !due && !ordered) continue;
    SnapshotPorts ports{&outbox_, &questions_, options_.unix_ms,
                        [this, &entry = *entry](const std::string& text) { say_once(entry, text); }};
    entry->job = std::make_unique<SnapshotJob>(entry->target.snapshot, std::move(ports), new_snapshot_id());
    entry->waiting_since.reset();
    busy = true;
  }
}

// True: it is to be called again at once.
bool CorpusService::step(Entry& entry, Time now) {
  const auto turn = entry.job->turn();
  if (!turn) {
    ended(entry, turn.error(), now);
    return false;
  }
  switch (*turn) {
    case SnapshotJob::Turn::kMore:
      entry.waiting_since.reset();
      return true;
    case SnapshotJob::Turn::kWait:
      if (!entry.waiting_since) entry.waiting_since = now;
      if (now > *entry.waiting_since + kLongestWait) {
        ended(entry, schema::unavailable("the broker takes nothing: too much waits in the spool"), now);
      }
      return false;
    case SnapshotJob::Turn::kDone:
      ended(entry, {}, now);
      return true;
  }
  return false;
}

void CorpusService::ended(Entry& entry, const schema::Status& status, Time now) {
  const auto& name = entry.target.snapshot.target;
  const auto summary = entry.job->summary();
  const auto snapshot = entry.job->snapshot();
  const auto sent_bytes = entry.job->sent_bytes();
  entry.job.reset();
  ::malloc_trim(0);  // what it took for the names of a large corpus is not needed for a day
  if (status) {
    entry.last_ms = options_.unix_ms();
    entry.pause = {};
    entry.retry_at.reset();
    entry.said.clear();
    if (options_.say) options_.say(name, "corpus: snapshot " + snapshot + ", " + summary);
  } else {
    entry.pause = status.error().code == schema::ErrorCode::kNotFound
                      ? kOldBrokerRetry
                      : std::clamp(2 * entry.pause, options_.first_retry, kLongestRetry);
    entry.retry_at = now + entry.pause;
    say_once(entry, "corpus: no snapshot: " + status.error().message);
  }
  if (std::exchange(entry.ordered, false)) {
    orders_.ended(name, status.ok(), status ? summary : status.error().message, snapshot, sent_bytes);
    next_orders_ = std::min(next_orders_, now);
  }
}

void CorpusService::share(Time now) {
  for (auto& [name, entry] : entries_) {
    if (!entry->target.sharing.settings.on || now < entry->next_sharing || entry->leaving) continue;
    if (!entry->sharing) {
      entry->sharing = std::make_unique<TargetSharing>(
          entry->target.sharing, questions_,
          [this, &entry = *entry](const std::string& text) { say_once(entry, text); });
    }
    const auto done = entry->sharing->turn(now, options_.unix_ms());
    if (done) {
      entry->sharing_pause = {};
    } else if (for_good(done.error())) {
      entry->sharing_pause = kOldBrokerRetry;
      say_once(*entry, "nothing is shared: " + done.error().message);
    } else {
      entry->sharing_pause = std::clamp(2 * entry->sharing_pause, options_.sharing_every, kLongestRetry);
    }
    entry->next_sharing = Clock::now() + std::max(entry->sharing_pause, options_.sharing_every);
  }
}

void CorpusService::forget_left() {
  const std::lock_guard lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto& name = at->first;
    const bool again = std::any_of(coming_.begin(), coming_.end(),
                                   [&](const auto& target) { return target.snapshot.target == name; });
    if (!at->second->gone() && here_.contains(name)) {
      ++at;
      continue;
    }
    if (at->second->sharing) at->second->sharing->keep(options_.unix_ms());
    if (at->second->ordered) orders_.ended(name, false, "the target has ended", "");
    leaving_.erase(name);
    if (!again) here_.erase(name);
    at = entries_.erase(at);
  }
  changed_.notify_all();
}

void CorpusService::say_once(Entry& entry, const std::string& text) {
  if (std::exchange(entry.said, text) == text || !options_.say) return;
  options_.say(entry.target.snapshot.target, text);
}

}  // namespace fuzzmill::producers
