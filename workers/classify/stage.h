// Stage classify: crash.fingerprinted → severity, reasons, CWE and title of its group → crash.classified.
#pragma once

#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

class ClassifyStage : public Stage {
 public:
  explicit ClassifyStage(store::RedisAddress redis) : redis_(std::move(redis)) {}
  schema::Stage id() const override { return schema::Stage::kClassify; }
  std::vector<std::string> wants() const override { return {}; }
  Outcomes handle(Deliveries& deliveries) override;

 private:
  RedisLink redis_;
};

}  // namespace fuzzmill::workers
