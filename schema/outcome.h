// What a stage says of a delivery. Three outcomes only, and each says what happens next:
//   done   the event is finished here; its outputs enter the log in the same transaction
//   later  try again after a delay (a service is away); counts as an attempt
//   never  trying again cannot help: the event goes to the dead letters with the reason
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "schema/event.h"

namespace fuzzmill::schema {

enum class OutcomeKind { kDone, kLater, kNever };

struct Outcome {
  OutcomeKind kind = OutcomeKind::kDone;
  std::string reason;                  // of later and never, for people
  std::chrono::milliseconds delay{0};  // of later; zero leaves it to the broker's back-off
  std::vector<Event> outputs;          // of done

  static Outcome done(std::vector<Event> outputs = {}) {
    return {OutcomeKind::kDone, {}, {}, std::move(outputs)};
  }
  static Outcome later(std::string reason, std::chrono::milliseconds delay = {}) {
    return {OutcomeKind::kLater, std::move(reason), delay, {}};
  }
  static Outcome never(std::string reason) { return {OutcomeKind::kNever, std::move(reason), {}, {}}; }
};

}  // namespace fuzzmill::schema
