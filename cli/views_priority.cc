// The order in which groups are shown, and why.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/views.h"
#include "workers/classify/priority.h"

namespace fuzzmill::cli {
namespace {

using workers::Priority;
using workers::PriorityFacts;

// A group that nobody has classified yet weighs as LOW.
PriorityFacts facts_of(const store::GroupRow& row) {
  PriorityFacts facts;
  facts.severity = schema::parse_severity(row.severity).value_or(schema::Severity::kLow);
  facts.replays = row.replays, facts.reproduced = row.reproduced;
  facts.first_seen_ms = row.first_seen_ms, facts.last_seen_ms = row.last_seen_ms;
  facts.returned = row.state == "returned";
  facts.nodes = row.nodes.size(), facts.targets = row.targets.size();
  return facts;
}

}  // namespace

void sort_groups(std::vector<store::GroupRow>& rows, std::uint64_t now_ms) {
  struct Place {
    bool resolved;
    double priority;
    std::size_t row;
  };
  std::vector<Place> places;
  places.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    places.push_back({rows[i].state == "resolved", workers::priority_of(facts_of(rows[i]), now_ms).value, i});
  }
  std::stable_sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    if (a.resolved != b.resolved) return b.resolved;
    return a.priority != b.priority ? a.priority > b.priority : rows[a.row].count > rows[b.row].count;
  });
  std::vector<store::GroupRow> sorted;
  sorted.reserve(rows.size());
  for (const Place& place : places) sorted.push_back(std::move(rows[place.row]));
  rows = std::move(sorted);
}

Table explained_table(const std::vector<store::GroupRow>& rows, std::uint64_t now_ms) {
  Table table({{"PRIORITY = SEVERITY × REPRODUCIBILITY × NEWNESS × SPREAD"},
               {"STATE"},
               {"TITLE", false, 16},
               {"ID", false, 9}});
  for (const auto& row : rows) {
    const PriorityFacts facts = facts_of(row);
    table.add({workers::explain_priority(facts, workers::priority_of(facts, now_ms), now_ms), row.state,
               row.title, row.group});
  }
  return table;
}

nlohmann::json priority_json(const store::GroupRow& row, std::uint64_t now_ms) {
  const PriorityFacts facts = facts_of(row);
  const Priority priority = workers::priority_of(facts, now_ms);
  return {{"value", priority.value},
          {"severity", priority.severity},
          {"reproducibility", priority.reproducibility},
          {"newness", priority.newness},
          {"spread", priority.spread},
          {"text", workers::explain_priority(facts, priority, now_ms)}};
}

}  // namespace fuzzmill::cli
