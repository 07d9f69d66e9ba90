// Stage classify: crash.fingerprinted → severity, reasons, CWE and title of its group → crash.classified.
#pragma once

#include "workers/classify/overrides.h"
#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

class ClassifyStage : public Stage {
 public:
  explicit ClassifyStage(store::RedisAddress redis, Overrides overrides = {})
      : redis_(std::move(redis)), overrides_(std::move(overrides)) {}
  schema::Stage id() const override { return schema::Stage::kClassify; }
  std::vector<std::string> wants() const override { return {}; }
  Outcomes handle(Deliveries& deliveries) override;

 private:
  RedisLink redis_;
  Overrides overrides_;
};

}  // namespace fuzzmill::workers
