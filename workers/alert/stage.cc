#include "workers/alert/stage.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "runtime/log.h"
#include "schema/event_codec.h"
#include "store/node_index.h"
#include "workers/alert/alert_text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kRemembered = 10'000;              // alerts that a sink had
constexpr std::uint64_t kOutboxLifeMs = 24 * 3'600'000;  // of an alert that no sink takes
// Of a tick: a sink that takes its ten seconds for each is done within the lease of a minute.
constexpr std::size_t kOutboxTogether = 5;

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
                       std::vector<std::unique_ptr<Sink>> sinks, AlertLimits alert_limits)
    : redis_(std::move(redis)), now_(std::move(now)), alert_limits_(alert_limits) {
  limits_.alerts_per_hour = watch_limits_.alerts_per_hour = alerts_per_hour;
  watch_limits_.silent_intervals = alert_limits.silent_intervals;
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
  Places taken;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (news[i]) {
      taken.push_back(places[i]);
    } else {
      outcomes[places[i]] = outcome_of(news[i].error());
    }
  }
  handle_watched(deliveries, taken, outcomes);
}

void AlertStage::handle_watched(const Deliveries& deliveries, const Places& places, Outcomes& outcomes) {
  using Changes = std::vector<store::WatchChange>;
  std::vector<store::WatchRequest> requests;
  for (const std::size_t place : places)
    requests.push_back(watch_request(deliveries[place].event, alert_limits_));
  const auto changes = each_or_all<Changes>(requests, [&](const std::vector<store::WatchRequest>& batch) {
    return redis_.use(
        [&](store::Redis& redis) { return store::NodeWatch(redis, watch_limits_).observe(batch, now_()); });
  });
  for (std::size_t i = 0; i < places.size(); ++i) {
    schema::Outcome& outcome = outcomes[places[i]];
    if (!changes[i]) {
      outcome = outcome_of(changes[i].error());
    } else {
      outcome.outputs = watch_alerts(deliveries[places[i]].event, requests[i], *changes[i], alert_limits_,
                                     watch_limits_.alerts_per_hour);
    }
  }
}

void AlertStage::handle_alerts(const Deliveries& deliveries, const Places& places, Outcomes& outcomes) {
  std::vector<Alert> alerts;
  for (const std::size_t place : places)
    alerts.push_back({&deliveries[place].event, deliveries[place].attempt});
  const auto answers = tell(alerts);
  for (std::size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = answers[i];
}

std::vector<schema::Outcome> AlertStage::tell(const std::vector<Alert>& alerts) {
  std::vector<schema::Outcome> outcomes(alerts.size());
  for (Receiver& receiver : receivers_) {
    std::vector<Alert> wanted;
    std::map<std::string, std::size_t>
        asked;  // event id to its place in `wanted`: repeats share a batch, too
    for (const Alert& alert : alerts) {
      if (receiver.had.has(alert.event->id)) continue;
      if (asked.emplace(alert.event->id.hex(), wanted.size()).second) wanted.push_back(alert);
    }
    if (wanted.empty()) continue;
    const auto answers = receiver.sink->deliver(wanted);
    for (std::size_t i = 0; i < alerts.size(); ++i) {
      const auto at = asked.find(alerts[i].event->id.hex());
      if (at != asked.end()) outcomes[i] = combined(outcomes[i], answers[at->second]);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (answers[i].kind == schema::OutcomeKind::kDone) receiver.had.add(wanted[i].event->id);
    }
  }
  return outcomes;
}

void AlertStage::tick(std::chrono::milliseconds reachable) {
  schema::Status done;
  if (reachable >= kSilentGrace) done = raise_silent();
  if (done.ok()) done = empty_outbox();
  if (!done.ok()) runtime::log_warn("silent nodes are looked for later", {{"error", done.error().message}});
}

schema::Status AlertStage::raise_silent() {
  return redis_.use([&](store::Redis& redis) -> schema::Status {
    store::NodeWatch watch(redis, watch_limits_);
    const auto overdue = watch.overdue(now_());
    if (!overdue) return overdue.error();
    for (const store::Overdue& one : *overdue) {
      const auto alert = schema::encode(silent_alert(one, now_()));
      const auto budget = schema::encode(silent_budget_alert(one, watch_limits_.alerts_per_hour, now_()));
      if (auto raised = watch.raise_silent(one, alert, budget, now_()); !raised) return raised;
    }
    return {};
  });
}

schema::Status AlertStage::empty_outbox() {
  return redis_.use([&](store::Redis& redis) -> schema::Status {
    store::NodeWatch watch(redis, watch_limits_);
    const auto entries = watch.take_outbox(now_(), kOutboxTogether);
    if (!entries) return entries.error();
    std::vector<schema::Event> events;
    std::vector<const std::string*> entry_of;  // of each event
    for (const std::string& entry : *entries) {
      auto event = schema::decode(entry);
      const bool readable = event && event->topic() == schema::Topic::kAlertRaised;
      const bool stale = readable && event->time_ms + kOutboxLifeMs < now_();
      if (readable && !stale) {
        events.push_back(std::move(*event)), entry_of.push_back(&entry);
        continue;
      }
      runtime::log_warn("an alert is dropped", {{"why", stale ? "no sink took it for a day" : "no alert"}});
      if (auto gone = watch.told(entry); !gone) return gone;
    }
    std::vector<Alert> alerts;
    for (const schema::Event& event : events) alerts.push_back({&event, 1});
    const auto answers = tell(alerts);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto delay = answers[i].delay.count() > 0 ? answers[i].delay : retry_delay(1);
      auto kept = answers[i].kind == schema::OutcomeKind::kLater
                      ? watch.later(*entry_of[i], now_() + static_cast<std::uint64_t>(delay.count()))
                      : watch.told(*entry_of[i]);
      if (!kept) return kept;
    }
    return {};
  });
}

}  // namespace fuzzmill::workers
