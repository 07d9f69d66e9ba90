#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/show.h"
#include "cli/views.h"
#include "schema/target_state.h"

namespace fuzzmill::cli {
namespace {

using nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

template <class T>
std::string or_dash(const std::optional<T>& value) {
  return value ? fmt::format("{:.0f}", static_cast<double>(*value)) : "-";
}

json sample_json(const NodeView& view, const store::TargetRow& row, std::uint64_t now_ms) {
  const auto& sample = row.sample;
  const std::string state = target_state(view, row, now_ms);
  return {{"target", row.target},
          {"time_ms", row.time_ms},
          {"state", state.empty() ? json(nullptr) : json(state)},
          {"state_reason", or_null(sample.state_reason)},
          {"cpu_percent", sample.cpu_percent},
          {"rss_mb", sample.rss_mb},
          {"threads", sample.threads},
          {"processes", sample.processes},
          {"states", sample.states},
          {"executions", or_null(sample.executions)},
          {"exec_per_second", or_null(sample.exec_per_second)},
          {"coverage", or_null(sample.coverage)},
          {"corpus_files", or_null(sample.corpus_files)},
          {"corpus_bytes", or_null(sample.corpus_bytes)},
          {"crashes", or_null(sample.crashes)},
          {"hangs", or_null(sample.hangs)},
          {"restarts", or_null(sample.restarts)},
          {"engine", or_null(sample.engine)},
          {"last_new_path_ms", or_null(sample.last_new_path_ms)},
          {"pss_mb", or_null(sample.pss_mb)},
          {"fds", or_null(sample.fds)},
          {"zombies", or_null(sample.zombies)},
          {"merged", or_null(sample.merged)}};
}

json machine_json(const std::optional<store::TargetRow>& row) {
  if (!row) return nullptr;
  const auto& sample = row->sample;
  return {{"time_ms", row->time_ms},
          {"cpu_percent", or_null(sample.node_cpu_percent)},
          {"cores", or_null(sample.cores)},
          {"load1", or_null(sample.load1)},
          {"memory_mb", or_null(sample.node_memory_mb)},
          {"memory_total_mb", or_null(sample.node_memory_total_mb)},
          {"disk_percent", or_null(sample.disk_percent)},
          {"disk_free_mb", or_null(sample.disk_free_mb)},
          {"disk_path", or_null(sample.disk_path)},
          {"inode_percent", or_null(sample.inode_percent)},
          {"temperature_c", or_null(sample.temperature_c)},
          {"oom_kills", or_null(sample.oom_kills)}};
}

// A target that its node has not mentioned for so long is silent; its own interval may be longer.
std::uint64_t silent_after(const schema::ResourceSample& sample) {
  constexpr std::uint64_t kMostInterval = 6 * 3'600'000;
  return std::max(kNodeSilentMs, 4 * std::min(sample.interval_ms, kMostInterval));
}

bool is_open(const store::NodeRow& node, const std::string& alert) {
  return std::find(node.alerts.begin(), node.alerts.end(), alert) != node.alerts.end();
}

}  // namespace

std::string node_state(const store::NodeRow& node, std::uint64_t now_ms) {
  if (node.reason == "stop") return "stopped";
  if (now_ms > node.last_seen_ms + kNodeSilentMs || is_open(node, "node.silent")) return "silent";
  return node.state.empty() ? "alive" : node.state;
}

std::string target_state(const NodeView& view, const store::TargetRow& target, std::uint64_t now_ms) {
  const std::string of_node = node_state(view.node, now_ms);
  if (of_node == "silent" || of_node == "stopped") return of_node;
  if (now_ms > target.time_ms + silent_after(target.sample) ||
      is_open(view.node, "target.silent " + target.target)) {
    return "silent";
  }
  return target.sample.state.value_or("");
}

Tone state_tone(std::string_view state) {
  if (state == "silent") return Tone::kBad;
  const auto* row = schema::find_target_state(state);
  if (row == nullptr) return state.empty() ? Tone::kPlain : Tone::kGood;
  if (row->alert) return *row->alert >= schema::Severity::kHigh ? Tone::kBad : Tone::kWarn;
  return row->state == schema::TargetState::kStopped ? Tone::kDim : Tone::kGood;
}

std::string disk_text(const store::NodeRow& node) {
  if (!node.machine || !node.machine->sample.disk_percent) return "-";
  const auto& sample = node.machine->sample;
  return fmt::format("{:.0f} % of {}", *sample.disk_percent, sample.disk_path.value_or("?"));
}

std::string alerts_text(const store::NodeRow& node) {
  std::string text;
  for (const std::string& alert : node.alerts) text.append(text.empty() ? "" : ", ").append(alert);
  return text;
}

Table nodes_table(const std::vector<NodeView>& nodes, std::uint64_t now_ms) {
  Table table({{"NODE", false, 8},
               {"STATE", false, 8},
               {"LAST SEEN", true},
               {"CPU %", true},
               {"CORES", true},
               {"LOAD", true},
               {"MEMORY MB", true},
               {"OF", true},
               {"DISK", false, 8},
               {"°C", true},
               {"TARGETS", true},
               {"SPOOL", true},
               {"ALERTS", false, 12}});
  for (const auto& [node, targets] : nodes) {
    const std::string state = node_state(node, now_ms);
    const schema::ResourceSample sample = node.machine ? node.machine->sample : schema::ResourceSample{};
    table.add({node.node, Cell(state, state_tone(state)), age_text(now_ms, node.last_seen_ms),
               or_dash(sample.node_cpu_percent), or_dash(sample.cores), or_dash(sample.load1),
               or_dash(sample.node_memory_mb), or_dash(sample.node_memory_total_mb), disk_text(node),
               or_dash(sample.temperature_c), std::uint64_t{targets.size()},
               node.spool_events > 0 ? std::to_string(node.spool_events) : "-",
               Cell(alerts_text(node), Tone::kBad)});
  }
  return table;
}

Table targets_table(const std::vector<NodeView>& nodes, std::uint64_t now_ms) {
  Table table({{"NODE", false, 8},
               {"TARGET", false, 10},
               {"STATE", false, 8},
               {"LAST SEEN", true},
               {"CPU %", true},
               {"RSS MB", true},
               {"THREADS", true},
               {"PROC", false, 4},
               {"EXEC/S", true},
               {"COVER", true},
               {"CRASHES", true},
               {"WHY", false, 16}});
  for (const NodeView& view : nodes) {
    for (const auto& target : view.targets) {
      const auto& sample = target.sample;
      const std::string state = target_state(view, target, now_ms);
      table.add({view.node.node, target.target, Cell(state.empty() ? "-" : state, state_tone(state)),
                 age_text(now_ms, target.time_ms), fmt::format("{:.0f}", sample.cpu_percent),
                 fmt::format("{:.0f}", sample.rss_mb), sample.threads, sample.states,
                 or_dash(sample.exec_per_second), or_dash(sample.coverage), or_dash(sample.crashes),
                 sample.state_reason.value_or("")});
    }
  }
  return table;
}

json nodes_json(const std::vector<NodeView>& nodes, std::uint64_t now_ms) {
  json rows = json::array();
  for (const NodeView& view : nodes) {
    const store::NodeRow& node = view.node;
    json samples = json::array();
    for (const auto& target : view.targets) samples.push_back(sample_json(view, target, now_ms));
    rows.push_back({{"node", node.node},
                    {"state", node_state(node, now_ms)},
                    {"last_seen_ms", node.last_seen_ms},
                    {"version", node.version},
                    {"uptime_s", node.uptime_s},
                    {"spool_events", node.spool_events},
                    {"spool_dropped", node.spool_dropped},
                    {"alerts", node.alerts},
                    {"machine", machine_json(node.machine)},
                    {"targets", samples}});
  }
  return {{"nodes", rows}};
}

}  // namespace fuzzmill::cli
