#include "workers/runner.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "broker/consumer.h"
#include "runtime/log.h"
#include "store/objects/open_store.h"
#include "workers/alert/alert_log.h"
#include "workers/alert/stage.h"
#include "workers/alert/webhook.h"
#include "workers/archive/stage.h"
#include "workers/classify/stage.h"
#include "workers/fingerprint/stage.h"

namespace fuzzmill::workers {
namespace {

using schema::Result;
using schema::Status;

std::uint64_t system_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

Result<std::vector<std::unique_ptr<Sink>>> make_sinks(const RunnerOptions& options) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (!options.alert_log.empty()) {
    std::error_code ignored;  // opening the file says what is wrong
    std::filesystem::create_directories(options.alert_log.parent_path(), ignored);
    sinks.push_back(std::make_unique<AlertLog>(options.alert_log, options.alert_retry_first));
  }
  if (!options.webhook_url.empty()) {
    WebhookOptions webhook;
    webhook.url = options.webhook_url, webhook.form = options.webhook_form;
    webhook.retry_first = options.alert_retry_first;
    auto made = Webhook::make(std::move(webhook));
    if (!made) return std::move(made).error();
    sinks.push_back(std::move(made).value());
  }
  return sinks;
}

Result<std::unique_ptr<Stage>> make_archive_stage(const RunnerOptions& options) {
  if (options.archive.empty()) return schema::invalid("stage archive needs a folder for its archives");
  auto corpora = store::open_store(options.corpora.empty() ? options.archive.string() : options.corpora);
  if (!corpora) return std::move(corpora).error();
  ArchiveOptions archive{options.archive, options.kept_inputs, std::move(*corpora), {}, {}};
  archive.build.format = options.corpus_format;
  archive.care.retention = options.corpus_retention;
  return std::unique_ptr<Stage>(std::make_unique<ArchiveStage>(options.redis, system_ms, std::move(archive)));
}

Result<std::unique_ptr<Stage>> make_stage(schema::Stage stage, const RunnerOptions& options) {
  switch (stage) {
    case schema::Stage::kFingerprint:
      return std::unique_ptr<Stage>(
          std::make_unique<FingerprintStage>(options.redis, system_ms, options.frame_rules));
    case schema::Stage::kClassify:
      return std::unique_ptr<Stage>(std::make_unique<ClassifyStage>(options.redis, options.severity_rules));
    case schema::Stage::kArchive:
      return make_archive_stage(options);
    case schema::Stage::kAlert: {
      auto sinks = make_sinks(options);
      if (!sinks) return std::move(sinks).error();
      return std::unique_ptr<Stage>(std::make_unique<AlertStage>(
          options.redis, system_ms, options.alerts_per_hour, std::move(sinks).value(), options.alert_limits));
    }
  }
  return schema::invalid("no such stage");
}

// The first reason of each kind in a batch: a service that is away would else fill the log.
void log_outcomes(schema::Stage stage, const Deliveries& deliveries, const Outcomes& outcomes) {
  bool said_later = false, said_never = false;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const schema::Outcome& outcome = outcomes[i];
    bool& said = outcome.kind == schema::OutcomeKind::kLater ? said_later : said_never;
    if (outcome.kind == schema::OutcomeKind::kDone || said) continue;
    said = true;
    runtime::log_warn(outcome.kind == schema::OutcomeKind::kLater ? "will try again" : "dead letter",
                      {{"stage", schema::name(stage)},
                       {"event", deliveries[i].event.id.hex()},
                       {"topic", schema::name(deliveries[i].event.topic())},
                       {"attempt", deliveries[i].attempt},
                       {"batch", deliveries.size()},
                       {"reason", outcome.reason}});
  }
}

// A stage that is ready to run: everything that can be wrong from the start has been found out.
struct Worker {
  std::unique_ptr<Stage> stage;
  broker::ConsumerOptions options;
};

Result<Worker> make_worker(schema::Stage stage, const RunnerOptions& options) {
  Worker worker;
  auto made = make_stage(stage, options);
  if (!made) return std::move(made).error();
  worker.stage = std::move(made).value();
  auto peer = broker::read_peer(options.keys, schema::name(stage), options.endpoint);
  if (!peer) return std::move(peer).error();
  worker.options.peer = std::move(peer).value();
  worker.options.stage = stage;
  worker.options.credit = options.credit;
  worker.options.wants = worker.stage->wants();
  return worker;
}

// For how long deliveries could have come without a break. A process that was stopped and a machine that
// slept could not take them either; the clock that goes on meanwhile is the wall's.
class Reachable {
 public:
  std::chrono::milliseconds look(bool connected) {
    constexpr std::chrono::seconds kMostPause{60};
    const auto now = Steady::now();
    const auto wall = std::chrono::system_clock::now();
    if (!connected || now - last_ > kMostPause || wall - last_wall_ > kMostPause) broken_ = now;
    last_ = now, last_wall_ = wall;
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - broken_);
  }

 private:
  using Steady = std::chrono::steady_clock;
  Steady::time_point last_ = Steady::now(), broken_ = last_;
  std::chrono::system_clock::time_point last_wall_ = std::chrono::system_clock::now();
};

// Calls the stage's tick(), first at once, until `stop`. `turn` keeps it from the batches: a stage has one
// thread at a time.
void tick_until(const std::stop_token& stop, Stage& stage, const broker::Consumer& consumer,
                std::mutex& turn) {
  std::mutex mutex;
  std::condition_variable_any never;
  Reachable reachable;
  while (!stop.stop_requested()) {
    try {
      const std::lock_guard guard(turn);
      stage.tick(reachable.look(consumer.connected()));
    } catch (const std::exception& e) {
      runtime::log_error("a stage's tick failed", {{"stage", schema::name(stage.id())}, {"error", e.what()}});
    }
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, stage.tick_interval(), [] { return false; });
  }
}

Status run_worker(Worker& worker, std::stop_token stop) {
  broker::Consumer consumer(worker.options);
  std::mutex turn;
  const auto handler = [&](std::vector<broker::Delivery>& deliveries) {
    const std::lock_guard guard(turn);
    Outcomes outcomes = worker.stage->handle(deliveries);
    log_outcomes(worker.stage->id(), deliveries, outcomes);
    return outcomes;
  };
  std::jthread ticker;  // ends before what it borrows
  if (worker.stage->tick_interval().count() > 0) {
    ticker =
        std::jthread([&](const std::stop_token& end) { tick_until(end, *worker.stage, consumer, turn); });
  }
  return consumer.run(handler, std::move(stop));
}

}  // namespace

Status run_stages(const RunnerOptions& options, std::stop_token stop) {
  if (options.stages.empty()) return schema::invalid("no stage to run");
  if (std::set(options.stages.begin(), options.stages.end()).size() != options.stages.size()) {
    return schema::invalid("a stage is named twice");
  }
  std::vector<Worker> workers;
  for (const schema::Stage stage : options.stages) {
    auto worker = make_worker(stage, options);
    if (!worker) return std::move(worker).error().in(fmt::format("stage {}", schema::name(stage)));
    workers.push_back(std::move(worker).value());
  }

  std::stop_source ours;  // also ends the others when one cannot go on
  const std::stop_callback chain(stop, [&] { ours.request_stop(); });
  std::mutex mutex;
  Status result;
  {
    std::vector<std::jthread> threads;
    for (Worker& worker : workers) {
      threads.emplace_back([&] {
        Status status = run_worker(worker, ours.get_token());
        if (status.ok()) return;
        const std::lock_guard lock(mutex);
        if (result.ok()) {
          result = std::move(status).error().in(fmt::format("stage {}", schema::name(worker.stage->id())));
        }
        ours.request_stop();
      });
    }
  }
  return result;
}

}  // namespace fuzzmill::workers
