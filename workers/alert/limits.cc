#include "workers/alert/limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "schema/target_state.h"

namespace fuzzmill::workers {
namespace {

using schema::Severity;

// clang-format off
constexpr std::array kRows = {
    AlertRow{"target.state", "a target's state changes to one that alerts", Severity::kHigh, 1, 1,
             "the agent has held the state for 3 samples already; the severity is the state's"},
    AlertRow{"target.memory", "RSS of a target's processes over `--target-memory-limit` (6144 MB)",
             Severity::kMedium, 1, 3,
             "a leak of the target's: it grows until the kernel ends it or a neighbour"},
    AlertRow{"target.silent", "no sample of a target in `--silent-intervals` (3) and a half, its node not silent",
             Severity::kMedium, 1, 1, "the agent lives and does not watch it any more"},
    AlertRow{"node.cpu", "CPU of a node over `--node-cpu-limit` (80 % of all its cores)", Severity::kLow, 10, 10,
             "five minutes of it: one fuzzer is 100 % of one core and no alert; a node with a fuzzer a core is "
             "meant to be full: set its limit to 0"},
    AlertRow{"node.memory", "memory of a node or container over `--node-memory-limit` (90 %)", Severity::kHigh, 3, 3,
             "what is left is what the next crash's replay gets"},
    AlertRow{"node.disk", "disk or inodes of the agent's folders over `--disk-limit` (80 %)", Severity::kHigh, 1, 3,
             "corpora grow by the hour; nothing deletes a corpus file for you"},
    AlertRow{"node.oom", "the kernel has killed a process for want of memory", Severity::kHigh, 1, 10,
             "what looks like signal 9 for no reason has one"},
    AlertRow{"node.silent", "no sample of a node in `--silent-intervals` (3)", Severity::kHigh, 1, 1,
             "while a broker can be reached, and 90 s after it could not"},
};
// clang-format on

// How a value stands to its limit. A value that is no number decides nothing.
store::WatchCheck against(std::string_view alert, double value, double limit) {
  store::WatchCheck check;
  check.alert = alert;
  if (limit <= 0) return check;
  if (value > limit) {
    check.word = "over";
  } else {
    check.undecided = !(value <= limit * (1 - kAlertMargin));
  }
  return check;
}

void check_target(const schema::ResourceSample& sample, const AlertLimits& limits,
                  std::vector<store::WatchCheck>& checks) {
  if (sample.state) {
    const auto* row = schema::find_target_state(*sample.state);
    store::WatchCheck check;
    check.alert = "target.state";
    check.undecided = row == nullptr;  // a word of a newer agent: who knows
    if (row != nullptr && row->alert) check.word = row->word;
    checks.push_back(std::move(check));
  }
  checks.push_back(against("target.memory", sample.rss_mb, limits.target_memory_mb));
  checks.push_back({"target.silent", "", false, 1});
}

std::optional<double> memory_percent(const schema::ResourceSample& sample) {
  if (!sample.node_memory_mb || !sample.node_memory_total_mb || *sample.node_memory_total_mb <= 0)
    return std::nullopt;
  return 100 * *sample.node_memory_mb / *sample.node_memory_total_mb;
}

std::optional<double> fullest(const schema::ResourceSample& sample) {
  if (!sample.disk_percent || !sample.inode_percent)
    return sample.disk_percent ? sample.disk_percent : sample.inode_percent;
  return std::max(*sample.disk_percent, *sample.inode_percent);
}

void check_node(const schema::ResourceSample& sample, const AlertLimits& limits,
                std::vector<store::WatchCheck>& checks) {
  if (sample.node_cpu_percent)
    checks.push_back(against("node.cpu", *sample.node_cpu_percent, limits.node_cpu_percent));
  if (const auto percent = memory_percent(sample))
    checks.push_back(against("node.memory", *percent, limits.node_memory_percent));
  if (const auto percent = fullest(sample))
    checks.push_back(against("node.disk", *percent, limits.disk_percent));
  if (sample.oom_kills) checks.push_back({"node.oom", *sample.oom_kills > 0 ? "killed" : "", false, 1});
}

store::WatchRequest::Kind kind_of(const schema::Heartbeat& heartbeat) {
  using Kind = store::WatchRequest::Kind;
  return heartbeat.reason == "stop" ? Kind::kStop : heartbeat.reason == "start" ? Kind::kStart : Kind::kHour;
}

}  // namespace

std::span<const AlertRow> alert_rows() { return kRows; }

const AlertRow* find_alert_row(std::string_view alert) {
  const auto* row =
      std::find_if(kRows.begin(), kRows.end(), [&](const AlertRow& each) { return each.alert == alert; });
  return row == kRows.end() ? nullptr : row;
}

store::WatchRequest watch_request(const schema::Event& event, const AlertLimits& limits) {
  store::WatchRequest request;
  request.event = event.id, request.node = event.node, request.time_ms = event.time_ms;
  if (const auto* sample = std::get_if<schema::ResourceSample>(&event.body)) {
    request.target = event.target;
    const auto merged = std::max<std::uint64_t>(sample->merged.value_or(1), 1);
    request.interval_ms = sample->interval_ms / merged;
    event.target.empty() ? check_node(*sample, limits, request.checks)
                         : check_target(*sample, limits, request.checks);
  } else {
    request.kind = kind_of(std::get<schema::Heartbeat>(event.body));
  }
  request.checks.push_back({"node.silent", "", false, 1});
  for (store::WatchCheck& check : request.checks) {
    const AlertRow* row = find_alert_row(check.alert);
    check.needed = check.word.empty() ? row->over_after : row->raise_after;
  }
  return request;
}

}  // namespace fuzzmill::workers
