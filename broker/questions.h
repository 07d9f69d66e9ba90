// What a broker answers: each question of schema/ask.h and how it is answered from Redis.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/zap.h"
#include "schema/ask.h"
#include "schema/result.h"
#include "store/corpus_desk.h"
#include "store/redis.h"

namespace fuzzmill::broker {

// In whose name a peer asks, when it says `node`, or nothing: a node in its own, an operator in that of any.
// kDenied with the reason.
schema::Result<std::string> asking_node(const Identity& identity, std::string_view node);

struct Told {
  schema::AnswerCode code = schema::AnswerCode::kOk;
  std::string reason;  // with another code than kOk
  std::string body;    // with kOk
};

struct Desk {
  store::Redis& redis;
  store::SharingLimits sharing;
  std::uint64_t now_ms = 0;
};
// Blocks for Redis. `question` and `body` may be anything. kUnavailable when the connection may be broken.
Told answer(const Desk& desk, const std::string& node, std::string_view question, std::string_view body);

}  // namespace fuzzmill::broker
