// Where alerts go. The event log is the outbox: an alert.raised event is done only when every sink has it,
// and comes again after kill -9. So a sink gets an alert at least once, with the event's id to tell repeats;
// AlertStage remembers what each sink has had, so that repeats are rare.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "schema/event.h"
#include "schema/outcome.h"

namespace fuzzmill::workers {

struct Alert {
  const schema::Event* event = nullptr;  // alert.raised
  std::uint64_t attempt = 1;

  const schema::AlertRaised& body() const { return std::get<schema::AlertRaised>(event->body); }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::string_view name() const = 0;
  // One outcome each, in order: done, later with a delay, or never.
  virtual std::vector<schema::Outcome> deliver(const std::vector<Alert>& alerts) = 0;
};

// How long to wait before the next attempt: `first` times the row of a table; the last row repeats. Five
// attempts, the broker's default, bridge the better part of an hour; then the alert waits among the dead
// letters.
inline constexpr std::chrono::milliseconds kRetryFirst{10'000};
std::chrono::milliseconds retry_delay(std::uint64_t attempt, std::chrono::milliseconds first = kRetryFirst);

}  // namespace fuzzmill::workers
