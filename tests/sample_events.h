// Events for tests that care how they travel, not what they say.
#pragma once

#include <string>
#include <utility>

#include "schema/event.h"

namespace fuzzmill::tests {

inline schema::Event event_of(schema::Body body, const std::string& node = "nyc") {
  schema::Event event;
  event.node = node;
  event.target = "t";
  event.time_ms = 1;
  event.body = std::move(body);
  return event;
}

inline schema::Event crash_event() {
  return event_of(schema::CrashFound{"libfuzzer", "crash-1", "crash", "log", {}, {}, {}, {}, {}, {}, {}});
}

}  // namespace fuzzmill::tests
