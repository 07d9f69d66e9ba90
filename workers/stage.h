// A stage: takes deliveries of its topics, has its effect in Redis or on disk, answers with one outcome each.
//
// Delivered at least once: an effect is keyed by event id (store/crash_index.h), outputs have ids derived
// from their cause, so a repeated delivery changes nothing and raises the same events again.
// Life cycle: made once a worker, used until the worker ends. Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/consumer.h"
#include "schema/outcome.h"
#include "schema/topic.h"

namespace fuzzmill::workers {

using Deliveries = std::vector<broker::Delivery>;
using Outcomes = std::vector<schema::Outcome>;
using Clock = std::function<std::uint64_t()>;  // Unix time in milliseconds

class Stage {
 public:
  virtual ~Stage() = default;
  virtual schema::Stage id() const = 0;
  virtual std::vector<std::string> wants() const = 0;   // names of attachments, "*" for all
  virtual Outcomes handle(Deliveries& deliveries) = 0;  // in the order of the deliveries

  // Work that no delivery asks for: the runner calls tick() about each tick_interval() (zero: never), between
  // batches. `reachable` is for how long deliveries could have come without a break: zero while the broker
  // cannot be reached. What fails is the stage's to log; the next tick tries again.
  virtual std::chrono::milliseconds tick_interval() const { return {}; }
  virtual void tick(std::chrono::milliseconds /*reachable*/) {}
};

// What an error means for the delivery that met it: what is wrong with the event stays wrong (never),
// all else may pass (later).
schema::Outcome outcome_of(const schema::Error& error);

// Calls `effect(items)` for the whole batch: one MULTI/EXEC. When the batch fails for a reason other than
// an absent service, each item is tried alone, so that one bad event cannot hold up its neighbours.
// Returns the answer or the error of each, in order.
template <class Answer, class Item, class Effect>
std::vector<schema::Result<Answer>> each_or_all(const std::vector<Item>& items, Effect&& effect) {
  std::vector<schema::Result<Answer>> answers;
  answers.reserve(items.size());
  if (items.empty()) return answers;
  schema::Result<std::vector<Answer>> all = effect(items);
  if (all.ok()) {
    for (auto&& answer : *all) answers.emplace_back(Answer(std::move(answer)));
    return answers;
  }
  if (items.size() == 1 || all.error().code == schema::ErrorCode::kUnavailable) {
    answers.assign(items.size(), schema::Result<Answer>(all.error()));
    return answers;
  }
  for (const Item& item : items) {
    schema::Result<std::vector<Answer>> one = effect(std::vector<Item>{item});
    if (one.ok()) {
      answers.emplace_back(Answer(std::move(one->front())));
    } else {
      answers.emplace_back(one.error());
    }
  }
  return answers;
}

// What a stage derives from an event: node, target, time and attachments stay; the id is derived, too, so
// that a repeated delivery derives the same event.
schema::Event derived_event(const schema::Event& cause, schema::Stage stage, schema::Body body);

// The outcomes of a stage that derives one event from each:
//   problem(event)                   why it can never be handled; nullopt when it can
//   prepare(delivery)                std::pair of what the stage keeps of it, and its record
//   effect(records)                  Result of an Answer to each record; see each_or_all()
//   output(event, kept, answer)      the event that is derived
template <class Answer, class Problem, class Prepare, class Effect, class Output>
Outcomes derive_each(Deliveries& deliveries, Problem&& problem, Prepare&& prepare, Effect&& effect,
                     Output&& output) {
  using Prepared = std::invoke_result_t<Prepare, broker::Delivery&>;
  Outcomes outcomes(deliveries.size());
  std::vector<std::size_t> places;  // of each record in the deliveries
  std::vector<typename Prepared::first_type> kept;
  std::vector<typename Prepared::second_type> records;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    if (auto reason = problem(deliveries[i].event)) {
      outcomes[i] = schema::Outcome::never(*reason);
      continue;
    }
    Prepared prepared = prepare(deliveries[i]);
    places.push_back(i);
    kept.push_back(std::move(prepared.first));
    records.push_back(std::move(prepared.second));
  }
  const auto answers = each_or_all<Answer>(records, effect);
  for (std::size_t i = 0; i < places.size(); ++i) {
    schema::Outcome& outcome = outcomes[places[i]];
    if (!answers[i]) {
      outcome = outcome_of(answers[i].error());
    } else {
      outcome.outputs.push_back(output(deliveries[places[i]].event, kept[i], *answers[i]));
    }
  }
  return outcomes;
}

}  // namespace fuzzmill::workers
