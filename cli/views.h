// What Redis knows, as tables for people and as JSON for programs; the commands and the dashboard share
// them. Pure functions: the time is an argument, the rows come from store/.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/table.h"
#include "runtime/health.h"
#include "store/crash_index.h"
#include "store/event_log.h"
#include "store/node_index.h"

namespace fuzzmill::cli {

// --- crashes ---
// In the order in which they should be looked at (workers/classify/priority.h): resolved ones after all
// others, of equals those with most crashes first.
void sort_groups(std::vector<store::GroupRow>& rows, std::uint64_t now_ms);
// Each group's priority with its factors, and the formula as the title of the column.
Table explained_table(const std::vector<store::GroupRow>& rows, std::uint64_t now_ms);
// {"value", "severity", "reproducibility", "newness", "spread", "text"}
nlohmann::json priority_json(const store::GroupRow& row, std::uint64_t now_ms);
Table groups_table(const std::vector<store::GroupRow>& rows, std::uint64_t now_ms);
std::string group_text(const store::GroupDetail& detail, std::uint64_t now_ms);
nlohmann::json group_json(const store::GroupRow& row);
nlohmann::json groups_json(const std::vector<store::GroupRow>& rows, const std::string& cursor);
nlohmann::json group_detail_json(const store::GroupDetail& detail);

// --- nodes ---
struct NodeView {
  store::NodeRow node;
  std::vector<store::TargetRow> targets;
};
// A node that was silent for so long is shown as silent.
inline constexpr std::uint64_t kNodeSilentMs = 180'000;
std::string node_state(const store::NodeRow& node, std::uint64_t now_ms);
// What the agent judged (schema/target_state.h), or silent and stopped as the node is; empty when nobody did.
std::string target_state(const NodeView& view, const store::TargetRow& target, std::uint64_t now_ms);
Tone state_tone(std::string_view state);
// The machines; a row each.
Table nodes_table(const std::vector<NodeView>& nodes, std::uint64_t now_ms);
// What they fuzz; a row each.
Table targets_table(const std::vector<NodeView>& nodes, std::uint64_t now_ms);
// "81 % of /data", or "-".
std::string disk_text(const store::NodeRow& node);
std::string alerts_text(const store::NodeRow& node);
nlohmann::json nodes_json(const std::vector<NodeView>& nodes, std::uint64_t now_ms);

// --- queue ---
struct DeadCount {
  schema::Topic topic{};
  std::uint64_t count = 0;
};
// The Unix time in ms that a stream's entry id begins with; 0 when there is none.
std::uint64_t entry_ms(std::string_view entry_id);
Table queue_table(const std::vector<store::StageState>& stages, const std::vector<DeadCount>& dead,
                  std::uint64_t now_ms);
nlohmann::json queue_json(const std::vector<store::StageState>& stages, const std::vector<DeadCount>& dead,
                          std::uint64_t now_ms);
Table dead_table(const std::vector<store::DeadLetter>& letters, std::uint64_t now_ms);
nlohmann::json dead_json(const std::vector<store::DeadLetter>& letters);

// --- health ---
Table health_table(const std::vector<runtime::HealthVerdict>& verdicts, std::uint64_t now_ms);
nlohmann::json health_json(const std::vector<runtime::HealthVerdict>& verdicts, bool well);

}  // namespace fuzzmill::cli
