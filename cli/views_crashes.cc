#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/views.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

using nlohmann::json;
using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

std::string names_of(const Counts& counts) {
  std::string out;
  for (const auto& [name, count] : counts) out += (out.empty() ? "" : " ") + name;
  return out;
}

json counts_json(const Counts& counts) {
  json out = json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

// Stages store lists as JSON text; what does not parse is shown as it is rather than lost.
json parsed_or_text(const std::string& text) {
  if (text.empty()) return json::array();
  json parsed = json::parse(text, nullptr, false);
  return parsed.is_array() ? parsed : json::array({text});
}

json words(const std::string& text) {
  json out = json::array();
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find(' ', begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

Tone alert_tone(const std::string& alerted) {
  return alerted.empty() || alerted == "suppressed" ? Tone::kWarn : Tone::kGood;
}

// One "name  value" line; the value is of others.
void line(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format("{:<12} {}\n", name, runtime::printable(value));
}

std::string counted(const Counts& counts) {
  std::string out;
  for (const auto& [name, count] : counts)
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", name, count);
  return out;
}

// What somebody said last; `state` above it may have become `returned` since.
std::string verdict_text(const store::GroupRow& row) {
  return fmt::format("{} UTC by {}{}{}", time_text(row.state_ms), row.state_by.empty() ? "-" : row.state_by,
                     row.state_because.empty() ? "" : ": ", row.state_because);
}

std::string why_text(const std::string& why) { return why.empty() ? "" : ": " + why; }

// "2026-11-22 10:02:12 UTC merged with 3f2a… by ann@desk: same lock"
std::string history_text(const store::HistoryEntry& entry) {
  struct Wording {
    std::string_view action, says;
  };
  static constexpr Wording kWordings[] = {{"merge", "took in "},
                                          {"merged-into", "merged into "},
                                          {"unmerge", "gave back "},
                                          {"unmerged-from", "taken out of "},
                                          {"state", "called "}};
  const auto at = std::find_if(std::begin(kWordings), std::end(kWordings),
                               [&](const Wording& row) { return row.action == entry.action; });
  const std::string says = at == std::end(kWordings) ? entry.action + " " : std::string(at->says);
  return fmt::format("{} UTC {}{} by {}{}", time_text(entry.time_ms), says,
                     entry.action == "state" ? entry.state : entry.other, entry.by.empty() ? "-" : entry.by,
                     why_text(entry.why));
}

std::string part_text(const store::GroupRow& part) {
  return fmt::format("{} {} × {} {}, by {} at {} UTC{}", part.group, part.count,
                     part.severity.empty() ? "-" : part.severity, part.title, part.merged_by,
                     time_text(part.merged_ms), why_text(part.merged_why));
}

}  // namespace

Table groups_table(const std::vector<store::GroupRow>& rows, std::uint64_t now_ms) {
  Table table({{"SEVERITY"},
               {"COUNT", true},
               {"NODES", false, 8},
               {"FIRST", true},
               {"LAST", true},
               {"KIND", false, 14},
               {"TITLE", false, 16},
               {"ALERTED", false, 7},
               {"ID", false, 9, true},
               {"ARCHIVE", false, 8, true}});
  for (const auto& row : rows) {
    table.add({Cell(row.severity.empty() ? "-" : row.severity, severity_tone(row.severity)), row.count,
               names_of(row.nodes), age_text(now_ms, row.first_seen_ms), age_text(now_ms, row.last_seen_ms),
               row.kind, row.title, Cell(row.alerted.empty() ? "no" : row.alerted, alert_tone(row.alerted)),
               row.group, row.archive.empty() ? "-" : row.archive});
  }
  return table;
}

json group_json(const store::GroupRow& row) {
  return {{"id", row.group},
          {"kind", row.kind},
          {"title", row.title},
          {"severity", row.severity},
          {"security", row.security},
          {"state", row.state},
          {"state_because", row.state_because},
          {"state_by", row.state_by},
          {"state_ms", row.state_ms},
          {"count", row.count},
          {"nodes", counts_json(row.nodes)},
          {"targets", counts_json(row.targets)},
          {"first_seen_ms", row.first_seen_ms},
          {"last_seen_ms", row.last_seen_ms},
          {"cwe", words(row.cwe)},
          {"reasons", parsed_or_text(row.reasons)},
          {"archive", row.archive},
          {"archived_ms", row.archived_ms},
          {"alerted", row.alerted},
          {"alerted_severity", row.alerted_severity},
          {"alerted_ms", row.alerted_ms},
          {"replays", row.replays},
          {"reproduced", row.reproduced},
          {"members", row.members},
          {"merged_into", row.merged_into},
          {"merged_by", row.merged_by},
          {"merged_because", row.merged_why},
          {"merged_ms", row.merged_ms}};
}

json groups_json(const std::vector<store::GroupRow>& rows, const std::string& cursor) {
  json groups = json::array();
  for (const auto& row : rows) groups.push_back(group_json(row));
  return {{"groups", groups}, {"cursor", cursor}};
}

json group_detail_json(const store::GroupDetail& detail) {
  json out = group_json(detail.row);
  out["signatures"] = detail.signatures;
  out["expires_s"] = detail.expires_s;
  out["inputs"] = json::array();
  for (const auto& [sha256, size] : detail.inputs)
    out["inputs"].push_back({{"sha256", sha256}, {"size", size}});
  out["parts"] = json::array();
  for (const auto& member : detail.members) out["parts"].push_back(group_json(member));
  out["history"] = json::array();
  for (const auto& entry : detail.history) {
    out["history"].push_back({{"ms", entry.time_ms},
                              {"action", entry.action},
                              {"group", entry.other},
                              {"state", entry.state},
                              {"by", entry.by},
                              {"because", entry.why}});
  }
  return out;
}

std::string group_text(const store::GroupDetail& detail, std::uint64_t now_ms) {
  const auto& row = detail.row;
  std::string out;
  line(out, "group", row.group);
  line(out, "severity", fmt::format("{}{}", row.severity, row.security ? " (security)" : ""));
  line(out, "kind", row.kind);
  line(out, "title", row.title);
  line(out, "state", row.state);
  if (row.state_ms > 0) line(out, "verdict", verdict_text(row));
  if (!row.merged_into.empty()) {
    line(out, "merged into",
         fmt::format("{} at {} UTC by {}{}", row.merged_into, time_text(row.merged_ms), row.merged_by,
                     why_text(row.merged_why)));
  }
  line(out, "priority", priority_json(row, now_ms)["text"].get<std::string>());
  line(out, "count", std::to_string(row.count));
  line(out, "nodes", counted(row.nodes));
  line(out, "targets", counted(row.targets));
  line(out, "first seen",
       fmt::format("{} UTC, {} ago", time_text(row.first_seen_ms), age_text(now_ms, row.first_seen_ms)));
  line(out, "last seen",
       fmt::format("{} UTC, {} ago", time_text(row.last_seen_ms), age_text(now_ms, row.last_seen_ms)));
  for (const auto& cwe : words(row.cwe)) line(out, "CWE", cwe.get<std::string>());
  for (const auto& reason : parsed_or_text(row.reasons)) {
    line(out, "because", reason.is_string() ? reason.get<std::string>() : json_text(reason));
  }
  line(out, "archive", row.archive.empty() ? "not archived yet" : row.archive);
  if (detail.expires_s > 0) line(out, "kept until", time_text(detail.expires_s * 1000) + " UTC");
  line(out, "alerted",
       row.alerted.empty() ? "no" : fmt::format("{} at {} UTC", row.alerted, time_text(row.alerted_ms)));
  for (const auto& [sha256, size] : detail.inputs)
    line(out, "input", fmt::format("{} ({} bytes)", sha256, size));
  for (const auto& signature : detail.signatures) line(out, "signature", signature);
  for (const auto& part : detail.members) line(out, "part", part_text(part));
  for (const auto& entry : detail.history) line(out, "history", history_text(entry));
  return out;
}

}  // namespace fuzzmill::cli
