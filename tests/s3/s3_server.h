// A real S3 server (s3rver of npm, behind tests/s3/server.js) as a process of a test.
//
// Life cycle: the constructor starts it and returns when it listens; kill_9() and restart() (same port, same
// data) as often as the test likes; the destructor ends the process by its pid.
// Threads: one at a time; the server also ends with the thread that started it last.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/temporary_folder.h"

namespace fuzzmill::tests {

class S3Server {
 public:
  // Where npm has put it; false, and a line for people, when it has not (tests/s3/install.sh says why).
  static bool installed();

  S3Server();
  ~S3Server();
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  static constexpr const char* kBucket = "archives";
  static constexpr const char* kAccessKey = "AKIAEXAMPLEOFTESTS";
  static constexpr const char* kSecretKey = "a/secret+key/of+tests";
  std::string endpoint() const;  // "http://127.0.0.1:PORT"
  int port() const { return port_; }

  // A command of server.js; its answer.
  std::string tell(const std::string& command);
  std::uint64_t reported(const std::string& counter);

  void kill_9();           // gone and reaped on return
  void wait_until_gone();  // it ends by itself; throws when it does not within a minute
  void restart();

 private:
  void start();
  std::string read_line();

  TemporaryFolder folder_;
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, port_ = 0;
};

}  // namespace fuzzmill::tests
