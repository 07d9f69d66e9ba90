// Orders of operators to nodes: "take a backup now". An order waits in Redis for each node that it is for;
// the node asks for it (node.orders, schema/ask.h), says that it took it and how it ended.
//
// Given or reported twice is given or reported once; a report that comes late turns nothing back. An order
// and what became of it are forgotten kOrderLifeMs after it was given.
// Life cycle: borrows a connection. Threads: those of its connection. Errors: those of store::Redis;
// kInvalid for what is no order; kConflict when a node has schema::kMaxOrders already; kNotFound as said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/ask.h"
#include "store/redis.h"

namespace fuzzmill::store {

inline constexpr std::uint64_t kOrderLifeMs = 7 * 86'400'000ull;

// How an order goes on one node, for one target or as a whole.
struct OrderPart {
  std::string node;
  std::string target;  // empty: the order as a whole
  std::string state;   // "given", then as schema::kOrderStates
  std::string text;    // the node's words
  std::string snapshot;
  std::uint64_t time_ms = 0;     // when it came to be so, by the server's clock
  std::uint64_t sent_bytes = 0;  // that travelled for it
};

struct OrderStatus {
  schema::Order order;
  std::vector<OrderPart>
      parts;  // by node, then target; one without target for each node that it was given to
  // Whether each node has ended it, well or not.
  bool ended() const;
};

class Orders {
 public:
  explicit Orders(Redis& redis) : redis_(redis) {}

  // All of the nodes or, with an Error, none. The id is the caller's: 16 random hex digits.
  schema::Status give(const schema::Order& order, const std::vector<std::string>& nodes);

  // Those that the node has not ended and that are not older than their life, oldest first.
  schema::Result<std::vector<schema::Order>> pending(const std::string& node, std::uint64_t now_ms);

  // What a node says of an order. Of an order that it was not given, or that is forgotten, nothing is kept.
  schema::Status report(const std::string& node, const schema::OrderReport& report, std::uint64_t now_ms);

  // kNotFound when there is no such order, or it is forgotten.
  schema::Result<OrderStatus> status(const std::string& id);

 private:
  Redis& redis_;
};

}  // namespace fuzzmill::store
