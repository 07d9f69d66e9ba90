// Takes events for a stage: asks the broker for work with credit, hands deliveries in batches to a
// handler, sends the outcomes back.
//
// Life cycle: run() connects, says HELLO, and works until `stop`; it survives a broker that goes and
// comes. A thread of its own answers for liveness, so that a long handler does not look like a dead one.
// What was delivered and not answered when a consumer dies is delivered again, to another or to it.
// Threads: run() occupies its thread; the handler is called on it.
#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "broker/credentials.h"
#include "broker/spool.h"
#include "schema/outcome.h"
#include "schema/result.h"

namespace fuzzmill::broker {

// One event handed to a stage. Delivered at least once: effects must be keyed by event.id.
struct Delivery {
  schema::Event event;
  std::uint64_t attempt = 1;
  std::vector<Attachment> attachments;  // those of `wants` that the event has

  const std::string* attachment(std::string_view name) const;
};

// One outcome for each delivery, in order.
using Handler = std::function<std::vector<schema::Outcome>(std::vector<Delivery>&)>;

struct ConsumerOptions {
  Peer peer;
  schema::Stage stage{};
  std::size_t credit = 128;        // deliveries held at most
  std::vector<std::string> wants;  // names of attachments to send along; "*" is all of them
};

class Consumer {
 public:
  explicit Consumer(ConsumerOptions options);

  // Returns when `stop` is requested (after the batch in hand), or kDenied when the broker refuses the
  // key or the stage for good. A handler that throws is our fault: its batch is answered `later`.
  schema::Status run(const Handler& handler, std::stop_token stop);

  // True while the broker has welcomed this consumer.
  bool connected() const { return connected_.load(); }

 private:
  ConsumerOptions options_;
  std::atomic<bool> connected_{false};
};

}  // namespace fuzzmill::broker
