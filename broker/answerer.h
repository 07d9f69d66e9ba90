// The answerer: the thread of a broker that answers the questions of nodes (schema/ask.h), with a connection
// to Redis of its own, so that no question waits for events and no event for questions.
//
// Life cycle: start() makes the thread; stop() ends it after the question in hand. While Redis is away each
// question is answered `unavailable`; nothing is kept.
// Threads: submit() and take_answers() from the front; the rest is its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "broker/questions.h"
#include "broker/server.h"
#include "store/redis.h"

namespace fuzzmill::broker {

struct AskWork {
  std::string peer;  // the connection …
  std::string key;   // … and whose it is: what waits is bounded by key
  std::string node;  // in whose name
  std::uint64_t id = 0;
  std::string question;
  std::string body;
};

struct TellWork {
  std::string peer;
  std::string key;
  std::uint64_t id = 0;
  Told told;
};

class Answerer {
 public:
  // `wake` is called when there is something to take.
  Answerer(const ServerOptions& options, std::function<void()> wake);
  ~Answerer();
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;

  void start();
  void stop();

  // False when too much waits, of this key or of all: it is to ask again later.
  bool submit(AskWork work);
  std::vector<TellWork> take_answers();

 private:
  void serve();
  Told answer_one(const AskWork& work);

  store::RedisAddress address_;
  store::SharingLimits sharing_;
  std::function<void()> wake_;

  std::optional<store::Redis> redis_;  // the thread's own
  std::uint64_t connect_from_ = 0;     // not again before
  std::string away_;                   // why there is no connection

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<AskWork> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::map<std::string, std::size_t> waiting_of_;  // by key
  std::vector<TellWork> answers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fuzzmill::broker
