// Stage alert: crash.classified → alert.raised when its group is new, worse or back, within the hour's
// budget; resource.sample and heartbeat → the node index, and alert.raised when a state or limit says so
// (workers/alert/limits.h); alert.raised → every sink.
//
// The decision and its claim are one script in Redis; the alert.raised event enters the log with the
// delivery's outcome, and what is in the log reaches the sinks even when this worker dies. That a node is
// silent is caused by no delivery: tick() finds it and tells the sinks by way of an outbox in Redis.
#pragma once

#include <chrono>
#include <memory>

#include "store/crash_index.h"
#include "store/node_watch.h"
#include "workers/alert/limits.h"
#include "workers/alert/recent_ids.h"
#include "workers/alert/sink.h"
#include "workers/redis_link.h"
#include "workers/stage.h"

namespace fuzzmill::workers {

class AlertStage : public Stage {
 public:
  AlertStage(store::RedisAddress redis, Clock now, std::uint64_t alerts_per_hour,
             std::vector<std::unique_ptr<Sink>> sinks, AlertLimits alert_limits = {});
  schema::Stage id() const override { return schema::Stage::kAlert; }
  std::vector<std::string> wants() const override { return {}; }
  Outcomes handle(Deliveries& deliveries) override;
  std::chrono::milliseconds tick_interval() const override { return kTick; }
  void tick(std::chrono::milliseconds reachable) override;

  static constexpr std::chrono::milliseconds kTick{5'000};
  // Samples that waited in spools while the broker was away have come by then.
  static constexpr std::chrono::milliseconds kSilentGrace{90'000};

 private:
  using Places = std::vector<std::size_t>;  // in the deliveries
  void handle_crashes(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);
  void handle_signs_of_life(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);
  void handle_watched(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);
  void handle_alerts(const Deliveries& deliveries, const Places& places, Outcomes& outcomes);

  // Gives each sink those that it has not had. One outcome each, in order; events may repeat.
  std::vector<schema::Outcome> tell(const std::vector<Alert>& alerts);
  schema::Status raise_silent();
  schema::Status empty_outbox();

  struct Receiver {
    std::unique_ptr<Sink> sink;
    RecentIds had;
  };
  RedisLink redis_;
  Clock now_;
  store::CrashIndexLimits limits_;
  AlertLimits alert_limits_;
  store::NodeWatchLimits watch_limits_;
  std::vector<Receiver> receivers_;
};

}  // namespace fuzzmill::workers
