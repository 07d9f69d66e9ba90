// The broker: takes events in, makes them durable, hands them out. It holds no state of its own: all is
// in Redis and the hold, so several may serve one Redis, and one that dies loses nothing acknowledged.
//
// Life cycle: start() connects to Redis (waiting for it, and refusing one whose appendfsync is not
// `always`), binds, and serves on threads of its own until stop() or destruction.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "schema/result.h"
#include "store/corpus_desk.h"
#include "store/redis.h"

namespace fuzzmill::broker {

struct ServerOptions {
  std::string endpoint = "tcp://127.0.0.1:7411";  // port 0 or * takes a free one; ipc:///path too
  std::filesystem::path keys;                     // server.key and authorized/
  std::filesystem::path hold;                     // where large attachments wait
  store::RedisAddress redis;
  std::string broker_id;                           // names this broker's consumer in Redis
  std::uint64_t max_depth = 200'000;               // events of a topic that wait; past it the topic is busy
  std::uint64_t max_attempts = 5;                  // deliveries before an event becomes a dead letter
  std::chrono::milliseconds worker_timeout{5000};  // a silent worker is dead after so long
  std::chrono::milliseconds lease{300'000};        // a delivery unanswered for so long goes to another
  std::chrono::milliseconds retry_first{1000};     // back-off of `later`: doubles each attempt …
  std::chrono::milliseconds retry_most{300'000};   // … up to this
  store::SharingLimits sharing;                    // of inputs that nodes give to each other
};

class Server {
 public:
  static schema::Result<std::unique_ptr<Server>> start(ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string endpoint() const;  // as bound, with the real port
  void stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fuzzmill::broker
