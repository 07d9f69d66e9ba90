// Stage fingerprint: crash.found → the group and signature of its report → crash.fingerprinted.
#pragma once

#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

class FingerprintStage : public Stage {
 public:
  FingerprintStage(store::RedisAddress redis, Clock now) : redis_(std::move(redis)), now_(std::move(now)) {}
  schema::Stage id() const override { return schema::Stage::kFingerprint; }
  std::vector<std::string> wants() const override { return {"report"}; }
  Outcomes handle(Deliveries& deliveries) override;

 private:
  RedisLink redis_;
  Clock now_;
};

}  // namespace fuzzmill::workers
