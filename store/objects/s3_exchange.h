// One request over libcurl and what came back. For store/objects/s3_client.cc alone.
// Threads: S3Exchanges any; an exchange one.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/objects/s3_client.h"

namespace fuzzmill::store {

struct S3Exchange {
  std::string method, url;
  S3Pairs headers;
  S3Body body;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::seconds stall_timeout{};
  bool ranged = false;
  std::size_t limit = 0;            // of what is received of a range
  std::string* received = nullptr;  // of a range: appended, when the answer is 206 or 200
};

class S3Exchanges {
 public:
  S3Exchanges();
  ~S3Exchanges();
  // What is broken, in words; empty: `answer` is whole.
  std::string run(S3Exchange& exchange, S3Answer& answer);

 private:
  struct Handle;
  std::unique_ptr<Handle> take();
  void give(std::unique_ptr<Handle> handle);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> free_;
};

}  // namespace fuzzmill::store
