// A stage's connection to Redis, made when it is needed and again after it broke.
// Threads: one at a time.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "store/redis.h"

namespace fuzzmill::workers {

class RedisLink {
 public:
  explicit RedisLink(store::RedisAddress address) : address_(std::move(address)) {}

  // Calls `use(redis)`, which returns a Result or Status. kUnavailable drops the connection, so that the
  // next use makes a new one.
  template <class Use>
  auto use(Use&& use) -> decltype(use(std::declval<store::Redis&>())) {
    if (!redis_) {
      auto made = store::Redis::connect(address_);
      if (!made) return std::move(made).error();
      redis_.emplace(std::move(made).value());
    }
    auto result = use(*redis_);
    if (!result.ok() && result.error().code == schema::ErrorCode::kUnavailable) redis_.reset();
    return result;
  }

 private:
  store::RedisAddress address_;
  std::optional<store::Redis> redis_;
};

}  // namespace fuzzmill::workers
