// The corpora of all targets of a node: snapshots on schedule, on an operator's order and at the end, and
// sharing with other nodes. One thread for the process, below the fuzzers' priority, so that no target's own
// loop waits for a disk or for the broker.
//
// Life cycle: from construction to destruction; add() when a target begins, leave() when it ends. One
// snapshot is made at a time, so that a node with many targets needs the memory of one.
// Threads: add() and leave() from any.
// What fails is said once and tried again: after half a minute, then less often, up to half an hour; after an
// hour where the broker is too old for such questions.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "producers/corpus/order_book.h"
#include "producers/corpus/schedule.h"
#include "producers/corpus/snapshot_job.h"
#include "producers/corpus/target_sharing.h"

namespace fuzzmill::producers {

struct CorpusTarget {
  SnapshotSource snapshot;  // its node is that of the service
  SnapshotTimes times;
  SharingSource sharing;
};

struct CorpusServiceOptions {
  std::string node;
  std::chrono::milliseconds orders_every{5'000};
  std::chrono::milliseconds sharing_every{5'000};
  std::chrono::milliseconds first_retry{30'000};
  std::function<std::uint64_t()> unix_ms;
  std::function<void(const std::string& target, const std::string& text)> say;
};

class CorpusService {
 public:
  CorpusService(CorpusServiceOptions options, Outbox& outbox, Questions& questions);
  ~CorpusService();
  CorpusService(const CorpusService&) = delete;
  CorpusService& operator=(const CorpusService&) = delete;

  void add(CorpusTarget target);
  // The target's fuzzer has ended: a last snapshot, unless it has none at all. Returns when that is in the
  // spool, when it failed, or after `limit`; nothing of the target is done any more then.
  void leave(const std::string& target, std::chrono::milliseconds limit);

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  struct Entry;

  void serve(const std::stop_token& stop);
  bool work(Time now);
  void take_in();
  void poll_orders(Time now);
  void begin_due(Time now);
  bool step(Entry& entry, Time now);
  void share(Time now);
  void ended(Entry& entry, const schema::Status& status, Time now);
  void forget_left();
  void say_once(Entry& entry, const std::string& text);

  CorpusServiceOptions options_;
  Outbox& outbox_;
  Questions& questions_;

  // Of the service's thread alone.
  std::map<std::string, std::unique_ptr<Entry>> entries_;
  OrderBook orders_;
  Time next_orders_{};
  std::chrono::milliseconds orders_pause_{0};

  std::mutex mutex_;  // guards what is below
  std::condition_variable_any changed_;
  std::vector<CorpusTarget> coming_;
  std::set<std::string> leaving_;  // asked for
  std::set<std::string> here_;     // added and not gone
  std::jthread thread_;            // last: it uses all of the others
};

}  // namespace fuzzmill::producers
