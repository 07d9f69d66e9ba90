#include "workers/alert/stage.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "store/node_index.h"
#include "workers/alert/alert_text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kRemembered = 10'000;  // alerts that a sink had

std::optional<std::string> problem_of(const schema::Event& event) {
  switch (event.topic()) {
    case schema::Topic::kCrashClassified: {
      const auto& crash = std::get<schema::CrashClassified>(event.body);
      if (!store::valid_group(crash.group)) return "crash.classified: field group is not 16 hex digits";
      if (!store::valid_signature(crash.signature))
        return "crash.classified: field signature is not 64 hex digits";
      return std::nullopt;
    }
    case schema::Topic::kResourceSample:
      if (!schema::valid_name(event.target)) return "resource.sample names no target";
      return std::nullopt;
    case schema::Topic::kHeartbeat:
    case schema::Topic::kAlertRaised:
      return std::nullopt;
    default:
      return "stage alert takes crash.classified, resource.sample, heartbeat and alert.raised only";
  }
}

// The worse of two: never is final only when nobody else still wants the alert.
const schema::Outcome& combined(const schema::Outcome& a, const schema::Outcome& b) {
  const auto rank = [](const schema::Outcome& outcome) {
    switch (outcome.kind) {
      case schema::OutcomeKind::kDone:
        return 0;
      case schema::OutcomeKind::kNever:
        return 1;
      case schema::OutcomeKind::kLater:
        return 2;
    }
    return 2;
  };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace

std::chrono::milliseconds retry_delay(std::uint64_t attempt, std::chrono::milliseconds first) {
  constexpr std::array kTimes = {1, 6, 30, 180};
  return kTimes[std::clamp<std::uint64_t>(attempt, 1, kTimes.size()) - 1] * first;
}

AlertStage::AlertStage(store::RedisAddress redis, Clock now, std::uint64_t alerts_per_hour,
                       std::vector<std::unique_ptr<Sink>> sinks)
    : redis_(std::move(redis)), now_(std::move(now)) {
  limits_.alerts_per_hour = alerts_per_hour;
  for (auto& sink : sinks) receivers_.push_back({std::move(sink), RecentIds(kRemembered)});
}

Outcomes AlertStage::handle(Deliveries& deliveries) {
  Outcomes outcomes(deliveries.size());
  Places crashes, signs, alerts;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const schema::Event& event = deliveries[i].event;
    if (auto problem = problem_of(event)) {
      outcomes[i] = schema::Outcome::never(*problem);
    } else if (event.topic() == schema::Topic::kCrashClassified) {
      crashes.push_back(i);
    } else {
      (event.topic() == schema::Topic::kAlertRaised ? alerts : signs).push_back(i);
    }
  }
  handle_crashes(deliveries, crashes, outcomes);
  handle_signs_of_life(deliveries, signs, outcomes);
  handle_alerts(deliveries, alerts, outcomes);
  return outcomes;
}

void AlertStage::handle_crashes(const Deliveries& deliveries, const Places& places, Outcomes& outcomes) {
  std::vector<store::AlertRequest> requests;
  for (const std::size_t place : places) {
    const schema::Event& event = deliveries[place].event;
    const auto& crash = std::get<schema::CrashClassified>(event.body);
    requests.push_back({event.id, crash.group, crash.signature, event.time_ms});
  }
  const auto claims =
      each_or_all<store::AlertClaim>(requests, [&](const std::vector<store::AlertRequest>& batch) {
        return redis_.use([&](store::Redis& redis) {
          return store::CrashIndex(redis, limits_).claim_alerts(batch, now_());
        });
      });
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!claims[i]) {
      outcomes[places[i]] = outcome_of(claims[i].error());
    } else if (claims[i]->kind != store::AlertKind::kNone) {
      outcomes[places[i]].outputs.push_back(
          alert_event(deliveries[places[i]].event, *claims[i], limits_.alerts_per_hour));
    }
  }
}

void AlertStage::handle_signs_of_life(const Deliveries& deliveries, const Places& places,
                                      Outcomes& outcomes) {
  std::vector<const schema::Event*> events;
  for (const std::size_t place : places) events.push_back(&deliveries[place].event);
  const auto news = each_or_all<bool>(events, [&](const std::vector<const schema::Event*>& batch) {
    return redis_.use([&](store::Redis& redis) { return store::NodeIndex(redis).take(batch, now_()); });
  });
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!news[i]) outcomes[places[i]] = outcome_of(news[i].error());
  }
}

void AlertStage::handle_alerts(const Deliveries& deliveries, const Places& places, Outcomes& outcomes) {
  for (Receiver& receiver : receivers_) {
    std::vector<Alert> alerts;
    std::map<std::string, std::size_t>
        asked;  // event id to its place in `alerts`: repeats share a batch, too
    for (const std::size_t place : places) {
      const broker::Delivery& delivery = deliveries[place];
      if (receiver.had.has(delivery.event.id)) continue;
      if (asked.emplace(delivery.event.id.hex(), alerts.size()).second) {
        alerts.push_back({&delivery.event, delivery.attempt});
      }
    }
    if (alerts.empty()) continue;
    const auto answers = receiver.sink->deliver(alerts);
    for (const std::size_t place : places) {
      const auto at = asked.find(deliveries[place].event.id.hex());
      if (at != asked.end()) outcomes[place] = combined(outcomes[place], answers[at->second]);
    }
    for (std::size_t i = 0; i < alerts.size(); ++i) {
      if (answers[i].kind == schema::OutcomeKind::kDone) receiver.had.add(alerts[i].event->id);
    }
  }
}

}  // namespace fuzzmill::workers
