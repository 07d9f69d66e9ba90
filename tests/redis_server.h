// A real redis-server for a test: its own temporary folder, a unix socket, our deploy/redis.conf.
//
// Life cycle: the constructor starts it and returns when it answers PING (it throws when the server does
// not within ten seconds); kill_9() and restart() as often as the test likes; the destructor ends the
// process by its pid and removes the folder.
// Threads: one at a time; the server also ends with the thread that started it last (so that none outlives
// a test that is killed): call restart() from a thread that stays.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store/redis.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::tests {

class RedisServer {
 public:
  // `settings` are further words for the command line, as {"--maxmemory", "8mb"}.
  explicit RedisServer(std::vector<std::string> settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  store::RedisAddress address() const;
  pid_t pid() const { return pid_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  // A connection that works; throws when there is none.
  store::Redis connect() const;

  void kill_9();   // the process is gone and reaped on return
  void restart();  // on the same data; starts it when it was killed, ends it first when it runs

 private:
  void start();
  void wait_until_ready();

  TemporaryFolder folder_;
  std::vector<std::string> settings_;
  pid_t pid_ = -1;
};

}  // namespace fuzzmill::tests
