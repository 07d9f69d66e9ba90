// Stage alert: crash.classified → alert.raised when its group is new, worse or back, within the hour's
// budget; resource.sample and heartbeat → the node index; alert.raised → every sink.
//
// The decision and its claim are one script in Redis; the alert.raised event enters the log with the
// delivery's outcome, and what is in the log reaches the sinks even when this worker dies.
#pragma once

#include <memory>

#include "store/crash_index.h"
#include "workers/alert/recent_ids.h"
#include "workers/alert/sink.h"
#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

class AlertStage : public Stage {
 public:
  AlertStage(store::RedisAddress redis, Clock now, std::uint64_t alerts_per_hour,
             std::vector<std::unique_ptr<Sink>> sinks);
  schema::Stage id() const override { return schema::Stage::kAlert; }
  std::vector<std::string> wants() const override { return {}; }
  Outcomes handle(Deliveries& deliveries) override;

 private:
  using Places = std::vector<std::size_t>;  // in the deliveries
  void handle_crashes(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);
  void handle_signs_of_life(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);
  void handle_alerts(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);

  struct Receiver {
    std::unique_ptr<Sink> sink;
    RecentIds had;
  };
  RedisLink redis_;
  Clock now_;
  store::CrashIndexLimits limits_;
  std::vector<Receiver> receivers_;
};

}  // namespace fuzzmill::workers
