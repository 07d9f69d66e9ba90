// What of a sample is worth an alert, as one table: limits with their margins, and states. Pure: the
// counting, and that each is told once, is store/node_watch.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/event.h"
#include "schema/taxonomy.h"
#include "store/node_watch.h"

namespace fuzzmill::workers {

// A limit of 0 is off.
struct AlertLimits {
  double node_cpu_percent = 80;
  double node_memory_percent = 90;
  double target_memory_mb = 6'144;
  double disk_percent = 80;
  std::uint64_t silent_intervals = 3;
};

// One row an alert about nodes and targets.
struct AlertRow {
  std::string_view alert;
  std::string_view raised;    // when, with the option that changes it
  schema::Severity severity;  // of target.state: see schema/target_state.h
  std::uint64_t raise_after;  // samples in a row
  std::uint64_t over_after;
  std::string_view because;  // why the limit is what it is
};
std::span<const AlertRow> alert_rows();
const AlertRow* find_alert_row(std::string_view alert);

// A limit's alert is over below the limit less this share of it.
inline constexpr double kAlertMargin = 0.1;

// A sample or heartbeat as it is watched; the event's body must be one of them.
store::WatchRequest watch_request(const schema::Event& event, const AlertLimits& limits);

// The alert.raised events of a sample's or heartbeat's changes.
std::vector<schema::Event> watch_alerts(const schema::Event& event, const store::WatchRequest& request,
                                        const std::vector<store::WatchChange>& changes,
                                        const AlertLimits& limits, std::uint64_t alerts_per_hour);

// The same event from whichever worker makes it.
schema::Event silent_alert(const store::Overdue& overdue, std::uint64_t now_ms);
schema::Event silent_budget_alert(const store::Overdue& overdue, std::uint64_t alerts_per_hour,
                                  std::uint64_t now_ms);

}  // namespace fuzzmill::workers
