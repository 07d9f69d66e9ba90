// Stage fingerprint: crash.found → the group and signature of its report → crash.fingerprinted.
#pragma once

#include "workers/fingerprint/stack/project_rules.h"
#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

class FingerprintStage : public Stage {
 public:
  FingerprintStage(store::RedisAddress redis, Clock now, ProjectRules rules = {})
      : redis_(std::move(redis)), now_(std::move(now)), rules_(std::move(rules)) {}
  schema::Stage id() const override { return schema::Stage::kFingerprint; }
  std::vector<std::string> wants() const override { return {"report"}; }
  Outcomes handle(Deliveries& deliveries) override;

 private:
  RedisLink redis_;
  Clock now_;
  ProjectRules rules_;
};

}  // namespace fuzzmill::workers
