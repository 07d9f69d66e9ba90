// What becomes of a finding: published at once when it has its report, else kept on disk, replayed on the
// node and published with what the replays showed. Each crash, by target, kind and content, is published once
// ever.
//
// Life cycle: resume() once, then take() what the Findings offer, and collect() whenever `wake` was called or
// next() is due. Threads: one; only the mailbox of replays is filled by another.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "producers/evidence/findings.h"
#include "producers/evidence/pending.h"
#include "producers/outbox.h"
#include "runtime/child_process.h"

namespace fuzzmill::producers {

inline constexpr std::size_t kMaxReplayReports = 4;  // that go out with a crash

// What replaying a crash showed.
struct Replayed {
  std::uint64_t tries = 0;                  // of so many …
  std::uint64_t crashed = 0;                // … so many crashed again; 0 tries: it could not be replayed
  std::optional<runtime::ExitStatus> exit;  // of the crash that stands for all
  std::vector<std::string> reports;  // of those that crashed, the best first; kMaxReplayReports at most
  std::string problem{};             // of 0 tries: why, for people
};

// Has a crash replayed in the background; `done` is called on another thread, once. False: no more orders
// now.
using OrderReplay = std::function<bool(const std::filesystem::path& input, const std::string& kind,
                                       std::function<void(Replayed)> done)>;

struct CrashDeskOptions {
  std::string node, target, engine;
  std::string command;  // of the fuzzer, for people
  std::optional<std::string> build_id;
  bool replay_missing = true;  // those without a report
  bool replay_all = false;
  OrderReplay replay;                            // none: nothing is replayed
  std::function<std::uint64_t()> unix_ms;        // the node's clock
  std::function<void(const std::string&)> warn;  // for people
  std::function<void()> wake;                    // from another thread: collect() has work
};

class CrashDesk {
 public:
  using Time = std::chrono::steady_clock::time_point;

  CrashDesk(CrashDeskOptions options, Outbox& outbox, PendingCrashes pending);
  ~CrashDesk();

  // Orders the replays that a process before us did not get done; what is not to be replayed any more is
  // published as it is.
  void resume();
  bool known(const std::string& kind, const schema::Sha256& content) const;
  // True: published, or kept for its replay. `ended`: the end of the process whose finding this is.
  bool take(const Finding& finding, const std::optional<runtime::ExitStatus>& ended,
            std::optional<pid_t> pid);

  // Publishes what came back from replays, and orders the next ones.
  void collect(Time now);
  std::optional<Time> next() const { return retry_at_; }

  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t in_replay() const { return ordered_.size(); }

 private:
  struct Mailbox;
  struct Letter {
    PendingCrash crash;
    Replayed replayed;
  };

  schema::Event event_of(const Finding& finding, const std::optional<runtime::ExitStatus>& ended,
                         std::optional<pid_t> pid) const;
  bool publish(schema::Event event, const schema::Sha256& content,
               std::vector<broker::Attachment> attachments);
  bool publish_replayed(const Letter& letter);
  bool may_pass(const schema::Error& error, const schema::CrashFound& body) const;
  void warn_of(const Letter& letter) const;
  void publish_unreplayed();
  bool order(const PendingCrash& crash);
  void order_more();

  CrashDeskOptions options_;
  Outbox& outbox_;
  PendingCrashes pending_;
  std::shared_ptr<Mailbox> mailbox_;  // outlives us: a replay may come back later
  std::deque<Letter> letters_;        // back from their replay, and not published yet
  std::set<std::filesystem::path> ordered_;
  std::optional<Time> retry_at_;
  std::uint64_t crashes_ = 0;
  bool backlog_ = false;  // more is pending than was ordered
};

}  // namespace fuzzmill::producers
