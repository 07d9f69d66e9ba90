// Who works on what: the broker's state machine of workers, credit, deliveries and retries.
// Pure: time comes in as milliseconds of any steady clock; nothing here does I/O.
//
// The life of an entry here:
//
//     read ──► ready ──assign──► out ──settle──► (gone: done or never)
//                ▲                │
//                │                ├──settle, later──► delayed ──due──┐
//      claimed ──┘                └──worker gone, lease over──► orphan
//                ▲                                                   │
//                └──────────── take_claims (XCLAIM raises attempt) ◄─┘
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/spool.h"
#include "schema/topic.h"
#include "store/event_log.h"

namespace fuzzmill::broker {

// An entry with what travels beside it.
struct Work {
  store::LogEntry entry;
  struct Attached {
    std::uint64_t ref = 0;  // index into the event's attachments
    std::string bytes;
  };
  std::vector<Attached> attached;
};

struct WorkerState {
  schema::Stage stage{};
  std::string name;
  std::uint64_t credit = 0;
  std::set<std::string> wants;
  std::uint64_t heard_ms = 0;
  std::size_t out = 0;  // deliveries it holds
};

struct Assignment {
  std::string peer;
  std::uint64_t tag = 0;
  const Work* work = nullptr;  // valid until the next call
};

class Dispatcher {
 public:
  using Peer = std::string;  // routing id

  // A worker offers itself (again): what it held before goes to others.
  void hello(const Peer& peer, WorkerState worker, std::uint64_t now);
  // False when the peer is no worker here.
  bool heard(const Peer& peer, std::uint64_t now);
  void gone(const Peer& peer);
  // Workers silent since before `now - timeout`, and deliveries out since before `now - lease`.
  // Returns the peers that were dropped.
  std::vector<Peer> expire(std::uint64_t now, std::uint64_t timeout, std::uint64_t lease);

  void ready(Work work);
  void orphan(store::LogEntry entry);
  void retry(store::LogEntry entry, std::uint64_t due);

  // Hands ready work to workers with credit, the least loaded first.
  std::vector<Assignment> assign(std::uint64_t now);
  // The delivery's entry, when this peer holds it; the worker's credit comes back.
  std::optional<store::LogEntry> settle(const Peer& peer, std::uint64_t tag);
  // The bytes are sent: let go of them, keep the entry.
  void sent(std::uint64_t tag);
  // Could not be sent: back to the front of the queue, as it was.
  void unsent(std::uint64_t tag);

  // How many more entries of a stage could be worked on now.
  std::uint64_t appetite(schema::Stage stage) const;
  // `asked` claims of a stage have been answered; those that were still in the log come by ready().
  void claimed(schema::Stage stage, std::uint64_t asked);
  // Entries to take over for a new delivery, for which there is appetite.
  std::vector<store::LogEntry> take_claims(std::uint64_t now);
  // The names of attachments that workers of a stage want.
  std::set<std::string> wants(schema::Stage stage) const;
  // When take_claims() will next have something new; nothing when no retry is waiting.
  std::optional<std::uint64_t> next_due() const;

  // Every entry that is held here in any state, by key_of().
  std::set<std::string> known() const;
  static std::string key_of(const store::LogEntry& entry);

  std::size_t workers() const { return workers_.size(); }
  std::size_t out() const { return out_.size(); }

 private:
  struct Out {
    Peer peer;
    Work work;
    std::uint64_t since = 0;
  };
  static std::size_t index(schema::Stage stage) { return static_cast<std::size_t>(stage); }
  void release(const Peer& peer);

  std::map<Peer, WorkerState> workers_;
  std::deque<Work> ready_[schema::kStageCount];
  std::unordered_map<std::uint64_t, Out> out_;
  std::deque<store::LogEntry> orphans_[schema::kStageCount];
  std::multimap<std::uint64_t, store::LogEntry> delayed_;
  std::uint64_t claiming_[schema::kStageCount] = {};
  std::uint64_t next_tag_ = 1;
};

}  // namespace fuzzmill::broker
