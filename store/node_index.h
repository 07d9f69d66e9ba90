// The node index: the latest sign of life of every node and the recent resource samples of its targets.
// The only code that writes the node keys.
//
// Idempotent by time: a sample that is not newer than the one known changes nothing, so a repeated or
// late delivery cannot turn the picture back. A batch is one MULTI/EXEC.
// Life cycle: borrows a connection. Threads: those of its connection. Errors: those of store::Redis;
// kInvalid when a name is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/event.h"
#include "store/redis.h"

namespace fuzzmill::store {

struct TargetRow {
  std::string node, target;  // no target: the node itself
  std::uint64_t time_ms = 0;
  schema::ResourceSample sample;
};

struct NodeRow {
  std::string node;
  std::uint64_t last_seen_ms = 0;
  std::string version, state, reason;  // of the last heartbeat; empty when there was none
  std::uint64_t uptime_s = 0;
  std::uint64_t spool_events = 0, spool_dropped = 0;
  std::vector<std::string> targets;  // sorted
  std::optional<TargetRow> machine;  // the latest sample of the node itself
  std::vector<std::string> alerts;   // that were raised and are not over: "node.disk", "target.state fuzz_a"
};

class NodeIndex {
 public:
  explicit NodeIndex(Redis& redis) : redis_(redis) {}

  // Events of the topics resource.sample and heartbeat; others are kInvalid. `now_ms` bounds the times
  // that nodes claim, so that a node whose clock is ahead is not alive for ever. Says of each event
  // whether it was news.
  schema::Result<std::vector<bool>> take(const std::vector<const schema::Event*>& batch,
                                         std::uint64_t now_ms);

  // Latest sign of life first; at most `limit`.
  schema::Result<std::vector<NodeRow>> nodes(std::size_t limit);
  // The latest sample of each target of a node, sorted by target.
  schema::Result<std::vector<TargetRow>> targets(const std::string& node);
  // The last `count` samples of a target, or with none of the node itself; oldest first.
  schema::Result<std::vector<TargetRow>> samples(const std::string& node, const std::string& target,
                                                 std::size_t count);

 private:
  Redis& redis_;
};

}  // namespace fuzzmill::store
