// A broker over a real Redis for a test: keys, hold and socket in a temporary folder, CURVE on tcp.
// Problems in setting up throw: a test cannot go on without its queue.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/publisher.h"
#include "broker/server.h"
#include "tests/redis_server.h"

namespace fuzzmill::tests {

class QueueServer {
 public:
  // `adjust` may change any option before the start.
  explicit QueueServer(std::function<void(broker::ServerOptions&)> adjust = {});

  RedisServer& redis() { return redis_; }
  broker::Server& server() { return *server_; }
  std::filesystem::path keys() const { return folder_.path() / "keys"; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::string endpoint() const { return endpoint_; }

  // Makes the key when it is new.
  broker::Peer peer(const std::string& name, broker::Role role);
  broker::Peer operator_peer() { return peer("op", broker::Role::kOperator); }
  std::unique_ptr<broker::Publisher> publisher();

  void stop();   // the broker only
  void start();  // again, on the same port

  // Another broker on the same Redis and hold.
  std::unique_ptr<broker::Server> another(const std::string& id);

 private:
  broker::ServerOptions options_;
  RedisServer redis_;
  TemporaryFolder folder_;
  std::string endpoint_;
  std::unique_ptr<broker::Server> server_;
};

// Waits until `condition` holds, looking again every few milliseconds; false when the time is over.
bool eventually(const std::function<bool()>& condition, int seconds = 30);

}  // namespace fuzzmill::tests
