// The committers: the two threads of a broker that talk to Redis. The front gives each one job at a time;
// while a job commits (one fsync), the front collects the next, so that no timer is needed to make
// batches: the fsync before is the wait.
//
// Life cycle: start() connects, takes the lease of the broker's name, and serves until stop().
// It keeps trying while Redis is away, with the job in hand: what it did already, it recognises by the
// marks of sources and by what is still pending.
// Threads: submit() and take_results() from the front; the rest is its own.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "broker/dispatcher.h"
#include "broker/intake.h"
#include "broker/recent.h"
#include "broker/server.h"
#include "broker/trim_pace.h"
#include "store/event_log.h"
#include "store/hold.h"

namespace fuzzmill::broker {

struct PublishWork {
  std::string peer;
  Intake intake;
  std::vector<zmq::message_t> frames;  // what the views of `intake` point into
};

struct VerdictWork {
  store::LogEntry entry;
  schema::OutcomeKind kind{};
  std::string reason;
  std::vector<std::string> outputs;
};

struct Job {
  std::vector<PublishWork> publishes;
  std::vector<VerdictWork> verdicts;  // done and never only
  std::vector<store::LogTransaction::Read> reads;
  std::vector<store::LogEntry> claims;
  std::vector<Work> fetches;  // entries whose attachments were over the bound before
  std::array<std::set<std::string>, schema::kStageCount> wants;

  std::size_t events = 0;
  std::size_t bytes = 0;
  bool empty() const {
    return publishes.empty() && verdicts.empty() && reads.empty() && claims.empty() && fetches.empty();
  }
};

// What a publisher is told; `kind` says which message it becomes.
struct Answer {
  enum class Kind { kAck, kRefuse, kRewind, kBusy };
  std::string peer;
  Kind kind{};
  std::uint64_t source = 0;
  std::uint64_t sequence = 0;
  std::string reason;
};

struct JobResult {
  std::vector<Answer> answers;
  std::vector<Work> works;                         // to be handed out
  std::vector<Work> unfetched;                     // their attachments were over the bound: ask again
  std::vector<store::LogTransaction::Read> reads;  // as asked …
  std::array<std::size_t, schema::kStageCount> read_counts{};  // … and how many came, the most of a topic
  std::array<std::uint64_t, schema::kStageCount> claims_asked{};
  std::vector<store::LogEntry> orphans;  // pending in Redis, perhaps unknown to the front
  bool was_job = false;
  bool was_intake = false;
  std::array<bool, schema::kTopicCount> appended{};
};

// What the two committers of a broker know together. Any thread.
struct Pressure {
  std::array<std::atomic<bool>, schema::kTopicCount> busy{};   // the topic takes no more for now
  std::array<std::atomic<bool>, schema::kTopicCount> dirty{};  // appended or finished since the last trim
  std::atomic<bool> full{false};                               // Redis' memory is nearly used up

  // The first entry of a topic that is not finished, as far as is known.
  store::EntryId floor(schema::Topic topic) const {
    const std::lock_guard lock(mutex);
    return floors[static_cast<std::size_t>(topic)];
  }
  void set_floor(schema::Topic topic, const store::EntryId& id) {
    const std::lock_guard lock(mutex);
    floors[static_cast<std::size_t>(topic)] = id;
  }
  mutable std::mutex mutex;
  std::array<store::EntryId, schema::kTopicCount> floors{};

  bool takes_no(schema::Topic topic) const {
    return busy[static_cast<std::size_t>(topic)].load() || full.load();
  }
};

class Committer {
 public:
  // One committer takes publishes in; another, which also keeps house, does all that concerns workers.
  // So Redis works on the one batch while the other is written or read.
  enum class Part { kIntake, kDispatch };

  // `wake` is called on the committer's thread whenever results wait.
  // `recent` is filled by the one and handed out by the other.
  Committer(Part part, ServerOptions options, Pressure& pressure, Recent& recent, std::function<void()> wake);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  schema::Status start();
  void stop();

  // REQUIRES: the job before has come back.
  void submit(Job job);
  std::vector<JobResult> take_results();

 private:
  schema::Status connect();
  schema::Status take_lease();
  void serve();
  JobResult run(Job& job);
  schema::Status attempt(Job& job, JobResult& result, bool again);
  schema::Status take_back_own();
  void lend(const Job& job, store::LogTransaction& transaction);
  void remember(Job& job, const store::LogTransaction& transaction, const store::Committed& committed);
  void forget_handed_out();
  void note_appended(const Job& job, const store::LogTransaction& transaction,
                     const store::Committed& committed, JobResult& result);
  schema::Status judge_publishes(Job& job, store::LogTransaction& transaction, JobResult& result);
  std::string busy_reason(const Intake& intake) const;
  schema::Status add_event(const TakenEvent& event, store::LogTransaction& transaction);
  schema::Status judge_verdicts(Job& job, store::LogTransaction& transaction, bool again);
  schema::Result<std::string> add_outputs(const VerdictWork& verdict, store::LogTransaction& transaction);
  schema::Status rehold(const store::LogEntry& entry, const schema::EventHead& head, std::uint64_t to,
                        store::LogTransaction& transaction);
  schema::Status fetch(const Job& job, std::vector<Work> works, JobResult& result);
  schema::Status fetch_bucket(std::uint64_t bucket, std::vector<Work*>& works, const Job& job);
  void housekeep();
  schema::Status trim();
  schema::Status check_memory();
  schema::Status adopt_orphans(JobResult& result);
  schema::Status adopt_loans(schema::Topic topic, schema::Stage stage, JobResult& result);
  schema::Result<bool> is_alive(const std::string& broker_id);
  schema::Status list_own_pending(JobResult& result);
  schema::Status sweep();
  void give(JobResult result);

  Part part_;
  ServerOptions options_;
  Pressure& pressure_;
  Recent& recent_;
  std::function<void()> wake_;
  store::Hold hold_;
  std::optional<store::EventLog> log_;
  std::string lease_;
  bool owns_name_ = false;  // what this broker's name holds in Redis is ours
  std::array<TrimPace, schema::kTopicCount> paces_;
  std::deque<std::string> kept_bytes_;  // bytes that a transaction points into while it is built and sent

  std::uint64_t next_trim_ = 0, next_memory_ = 0, next_lease_ = 0, next_adopt_ = 0, next_sweep_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> job_;
  std::deque<JobResult> results_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fuzzmill::broker
