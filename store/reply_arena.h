// Memory for the replies of one pipeline: hiredis makes each element of a reply with two calls of malloc,
// which at 100,000 events a second costs more than all else in reading them. Here they lie side by side and
// go together. For store/redis.cc alone.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

struct redisReader;

namespace fuzzmill::store {

class ReplyArena {
 public:
  // From now on the reader makes its replies here. REQUIRES: the arena outlives the reader's use.
  void attach(redisReader* reader);

  void* allocate(std::size_t size);
  // Every reply made so far is gone.
  void reset();

 private:
  static constexpr std::size_t kChunk = 256 * 1024;
  std::vector<std::unique_ptr<char[]>> chunks_;  // the first one stays
  std::size_t used_ = kChunk;                    // of the last chunk
};

}  // namespace fuzzmill::store
