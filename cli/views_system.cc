#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/show.h"
#include "cli/views.h"
#include "runtime/printable.h"

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

std::uint64_t dead_of(const std::vector<DeadCount>& dead, schema::Topic topic) {
  for (const DeadCount& one : dead) {
    if (one.topic == topic) return one.count;
  }
  return 0;
}

json sample_json(const store::TargetRow& row) {
  const auto& sample = row.sample;
  return {{"target", row.target},
          {"time_ms", row.time_ms},
          {"cpu_percent", sample.cpu_percent},
          {"rss_mb", sample.rss_mb},
          {"threads", sample.threads},
          {"processes", sample.processes},
          {"states", sample.states},
          {"executions", or_null(sample.executions)},
          {"exec_per_second", or_null(sample.exec_per_second)},
          {"coverage", or_null(sample.coverage)},
          {"corpus_files", or_null(sample.corpus_files)},
          {"crashes", or_null(sample.crashes)},
          {"restarts", or_null(sample.restarts)},
          {"engine", or_null(sample.engine)}};
}

}  // namespace

std::string node_state(const store::NodeRow& node, std::uint64_t now_ms) {
  if (node.reason == "stop") return "stopped";
  if (now_ms > node.last_seen_ms + kNodeSilentMs) return "silent";
  return node.state.empty() ? "alive" : node.state;
}

Table nodes_table(const std::vector<NodeView>& nodes, std::uint64_t now_ms) {
  Table table({{"NODE", false, 8},
               {"STATE", false, 8},
               {"LAST SEEN", true},
               {"TARGET", false, 10},
               {"CPU %", true},
               {"RSS MB", true},
               {"THREADS", true},
               {"PROC", false, 4},
               {"EXEC/S", true},
               {"COVER", true},
               {"CRASHES", true},
               {"SPOOL", true}});
  for (const auto& [node, targets] : nodes) {
    const std::string state = node_state(node, now_ms);
    const Tone tone = state == "silent" ? Tone::kBad : state == "stopped" ? Tone::kDim : Tone::kGood;
    const std::string spool = node.spool_events > 0 ? std::to_string(node.spool_events) : "-";
    if (targets.empty()) {
      table.add({node.node, Cell(state, tone), age_text(now_ms, node.last_seen_ms), "-", "-", "-", "-", "-",
                 "-", "-", "-", spool});
    }
    for (const auto& [node_name, target, time_ms, sample] : targets) {
      table.add({node.node, Cell(state, tone), age_text(now_ms, time_ms), target,
                 fmt::format("{:.0f}", sample.cpu_percent), fmt::format("{:.0f}", sample.rss_mb),
                 sample.threads, sample.states, or_dash(sample.exec_per_second), or_dash(sample.coverage),
                 or_dash(sample.crashes), spool});
    }
  }
  return table;
}

json nodes_json(const std::vector<NodeView>& nodes, std::uint64_t now_ms) {
  json rows = json::array();
  for (const auto& [node, targets] : nodes) {
    json samples = json::array();
    for (const auto& target : targets) samples.push_back(sample_json(target));
    rows.push_back({{"node", node.node},
                    {"state", node_state(node, now_ms)},
                    {"last_seen_ms", node.last_seen_ms},
                    {"version", node.version},
                    {"uptime_s", node.uptime_s},
                    {"spool_events", node.spool_events},
                    {"spool_dropped", node.spool_dropped},
                    {"targets", samples}});
  }
  return {{"nodes", rows}};
}

std::uint64_t entry_ms(std::string_view entry_id) {
  std::uint64_t ms = 0;
  std::from_chars(entry_id.data(), entry_id.data() + entry_id.size(), ms);
  return ms;
}

Table queue_table(const std::vector<store::StageState>& stages, const std::vector<DeadCount>& dead,
                  std::uint64_t now_ms) {
  Table table({{"TOPIC"},
               {"STAGE"},
               {"WAITING", true},
               {"IN FLIGHT", true},
               {"OLDEST", true},
               {"DEAD IN TOPIC", true}});
  for (const auto& state : stages) {
    const std::uint64_t lost = dead_of(dead, state.topic);
    const std::uint64_t oldest = entry_ms(state.oldest);
    const bool late = oldest > 0 && now_ms > oldest + 60'000;
    table.add({schema::name(state.topic), schema::name(state.stage), state.waiting, state.in_flight,
               Cell(age_text(now_ms, oldest), late ? Tone::kWarn : Tone::kPlain),
               Cell(std::to_string(lost), lost > 0 ? Tone::kBad : Tone::kPlain)});
  }
  return table;
}

json queue_json(const std::vector<store::StageState>& stages, const std::vector<DeadCount>& dead,
                std::uint64_t now_ms) {
  json rows = json::array(), letters = json::array();
  for (const auto& state : stages) {
    const std::uint64_t oldest = entry_ms(state.oldest);
    rows.push_back({{"topic", schema::name(state.topic)},
                    {"stage", schema::name(state.stage)},
                    {"waiting", state.waiting},
                    {"in_flight", state.in_flight},
                    {"oldest", state.oldest},
                    {"oldest_age_ms", oldest > 0 && now_ms > oldest ? now_ms - oldest : 0}});
  }
  for (const auto& one : dead) letters.push_back({{"topic", schema::name(one.topic)}, {"count", one.count}});
  return {{"stages", rows}, {"dead", letters}};
}

Table dead_table(const std::vector<store::DeadLetter>& letters, std::uint64_t now_ms) {
  Table table(
      {{"ID"}, {"STAGE"}, {"ATTEMPTS", true}, {"DIED", true}, {"BYTES", true}, {"REASON", false, 20}});
  for (const auto& letter : letters) {
    const std::uint64_t died = entry_ms(std::string_view(letter.id).substr(letter.id.rfind('/') + 1));
    table.add({letter.id, schema::name(letter.stage), letter.attempts, age_text(now_ms, died),
               std::uint64_t{letter.event.size()}, letter.reason});
  }
  return table;
}

json dead_json(const std::vector<store::DeadLetter>& letters) {
  json rows = json::array();
  for (const auto& letter : letters) {
    rows.push_back({{"id", letter.id},
                    {"topic", schema::name(letter.topic)},
                    {"stage", schema::name(letter.stage)},
                    {"attempts", letter.attempts},
                    {"reason", letter.reason},
                    {"entry", letter.entry},
                    {"bytes", letter.event.size()}});
  }
  return {{"dead", rows}};
}

Table health_table(const std::vector<runtime::HealthVerdict>& verdicts, std::uint64_t now_ms) {
  Table table(
      {{"PROCESS"}, {"PID", true}, {"STATE", false, 8}, {"UPDATED", true}, {"WELL"}, {"WHY NOT", false, 20}});
  for (const auto& [record, well, why] : verdicts) {
    table.add({record.process, record.pid, record.state, age_text(now_ms, record.updated_ms),
               Cell(well ? "yes" : "no", well ? Tone::kGood : Tone::kBad), why});
  }
  return table;
}

json health_json(const std::vector<runtime::HealthVerdict>& verdicts, bool well) {
  json rows = json::array();
  for (const auto& [record, fine, why] : verdicts) {
    rows.push_back({{"process", record.process},
                    {"pid", record.pid},
                    {"state", record.state},
                    {"updated_ms", record.updated_ms},
                    {"well", fine},
                    {"why", why}});
  }
  return {{"well", well}, {"processes", rows}};
}

}  // namespace fuzzmill::cli
