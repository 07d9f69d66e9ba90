#include "cli/corpus/corpus_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

using nlohmann::json;

std::string state_of(const store::CatalogRow& row) {
  if (!row.bad.empty()) return "bad: " + row.bad;
  return row.quarantined_s != 0 ? "quarantine: " + row.why : "";
}

std::string node_names(const store::CatalogRow& row) {
  std::string names;
  for (const auto& node : row.nodes) names += (names.empty() ? "" : ", ") + node.node;
  return names;
}

std::string first_name(const schema::ManifestEntry& entry) {
  return entry.copies.empty() ? "" : runtime::printable(entry.copies.front().name);
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) value /= 1000, ++unit;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string until_text(std::uint64_t now_ms, std::uint64_t then_ms) {
  if (then_ms == 0) return "-";
  if (then_ms > now_ms) return "in " + age_text(then_ms, now_ms);
  return age_text(now_ms, then_ms) + " ago";
}

Table archives_table(const std::vector<store::CatalogRow>& rows, std::uint64_t now_ms) {
  Table table({{"ARCHIVE"},
               {"TARGET", false, 10},
               {"DATE"},
               {"SIZE", true},
               {"FILES", true},
               {"RATIO", true},
               {"NODES", false, 8},
               {"VERIFIED"},
               {"EXPIRES"},
               {"STATE", false, 12}});
  for (const auto& row : rows) {
    const double ratio =
        row.bytes == 0 ? 0 : static_cast<double>(row.files_bytes) / static_cast<double>(row.bytes);
    const std::uint64_t ends_s = row.quarantined_s != 0 ? row.delete_s : row.expires_s;
    table.add({row.id, row.target, time_text(row.time_ms), bytes_text(row.bytes), row.files,
               fmt::format("{:.2f}", ratio), node_names(row),
               Cell(until_text(now_ms, row.verified_ms), row.bad.empty() ? Tone::kPlain : Tone::kBad),
               until_text(now_ms, ends_s * 1000),
               Cell(state_of(row), row.bad.empty() ? Tone::kDim : Tone::kBad)});
  }
  return table;
}

json archive_json(const store::CatalogRow& row) {
  json nodes = json::array();
  for (const auto& node : row.nodes) nodes.push_back({{"node", node.node}, {"snapshot", node.snapshot}});
  return {{"id", row.id},
          {"target", row.target},
          {"object", row.object},
          {"sha256", row.sha256},
          {"format", row.format},
          {"nodes", nodes},
          {"bytes", row.bytes},
          {"files", row.files},
          {"files_bytes", row.files_bytes},
          {"files_left_out", row.files_left_out},
          {"time_ms", row.time_ms},
          {"recorded_ms", row.recorded_ms},
          {"expires_s", row.expires_s},
          {"verified_ms", row.verified_ms},
          {"bad", row.bad},
          {"quarantined_s", row.quarantined_s},
          {"delete_s", row.delete_s},
          {"why", row.why}};
}

json archives_json(const std::vector<store::CatalogRow>& rows) {
  json list = json::array();
  for (const auto& row : rows) list.push_back(archive_json(row));
  return {{"archives", list}};
}

Table prune_table(const store::PrunePlan& plan, bool kept, std::uint64_t now_ms) {
  Table table({{"WHAT"}, {"ARCHIVE"}, {"TARGET", false, 10}, {"DATE"}, {"SIZE", true}, {"WHY", false, 20}});
  const auto add = [&](const store::PruneStep& step) {
    const Tone tone = step.verdict.fate == store::Fate::kKeep ? Tone::kDim : Tone::kWarn;
    table.add({Cell(store::name(step.verdict.fate), tone), step.row.id, step.row.target,
               time_text(step.row.time_ms), bytes_text(step.row.bytes), step.verdict.reason});
  };
  (void)now_ms;
  for (const auto& step : plan.steps) add(step);
  if (kept) {
    for (const auto& step : plan.kept) add(step);
  }
  return table;
}

std::string prune_text(const store::PrunePlan& plan, std::uint64_t) {
  const auto count = [&](store::Fate fate) {
    return std::count_if(plan.steps.begin(), plan.steps.end(),
                         [&](const auto& step) { return step.verdict.fate == fate; });
  };
  return fmt::format("{} go into quarantine and free {} a day later, {} leave it and free {} now, {} stay\n",
                     count(store::Fate::kQuarantine), bytes_text(plan.quarantine_bytes),
                     count(store::Fate::kDelete), bytes_text(plan.delete_bytes), plan.kept.size());
}

json prune_json(const store::PrunePlan& plan, const store::Pruned* done) {
  const auto list = [](const std::vector<store::PruneStep>& steps) {
    json rows = json::array();
    for (const auto& step : steps) {
      json row = archive_json(step.row);
      row["fate"] = store::name(step.verdict.fate), row["reason"] = step.verdict.reason;
      rows.push_back(std::move(row));
    }
    return rows;
  };
  json out = {{"steps", list(plan.steps)},
              {"kept", list(plan.kept)},
              {"quarantine_bytes", plan.quarantine_bytes},
              {"delete_bytes", plan.delete_bytes},
              {"done", done != nullptr}};
  if (done != nullptr) {
    out["quarantined"] = done->quarantined, out["deleted"] = done->deleted;
    out["deleted_bytes"] = done->deleted_bytes, out["skipped"] = done->skipped;
  }
  return out;
}

std::string restore_text(const store::RestorePlan& plan, const store::RestoreOptions& options, bool dry_run) {
  std::string out =
      fmt::format("{} {} files of {} to {}\n", dry_run ? "would add" : "adds", plan.files.size(),
                  bytes_text(plan.bytes), runtime::printable(options.to.string()));
  if (plan.already_there > 0)
    out += fmt::format("{} are there already, by content, and stay as they are\n", plan.already_there);
  std::size_t shown = 0;
  for (const auto& file : plan.files) {
    if (file.why_renamed.empty()) continue;
    if (++shown > 5) break;
    out += fmt::format("another name: {} ({})\n", runtime::printable(file.name),
                       runtime::printable(file.why_renamed));
  }
  if (plan.renamed > 5) out += fmt::format("… and {} more with another name\n", plan.renamed - 5);
  return out;
}

json restore_json(const store::RestorePlan& plan, const store::Restored* done) {
  json out = {{"files", plan.files.size()},
              {"bytes", plan.bytes},
              {"already_there", plan.already_there},
              {"renamed", plan.renamed},
              {"done", done != nullptr}};
  if (done != nullptr)
    out["added"] = done->files, out["added_bytes"] = done->bytes, out["manifest"] = done->manifest;
  return out;
}

std::string diff_text(const store::ArchiveDiff& diff, std::size_t limit) {
  std::string out = fmt::format(
      "{} files in both, {} of them under other names; {} only in the first, {} only in the second\n",
      diff.in_both, diff.renamed, diff.only_first.size(), diff.only_second.size());
  const auto show = [&](char mark, const std::vector<schema::ManifestEntry>& entries) {
    for (std::size_t i = 0; i < std::min(entries.size(), limit); ++i)
      out += fmt::format("{} {} {:>10} {}\n", mark, schema::hex(entries[i].sha256), entries[i].size,
                         first_name(entries[i]));
    if (entries.size() > limit)
      out += fmt::format("{} … {} more: see them with --limit\n", mark, entries.size() - limit);
  };
  show('-', diff.only_first), show('+', diff.only_second);
  return out;
}

json diff_json(const store::ArchiveDiff& diff) {
  const auto list = [](const std::vector<schema::ManifestEntry>& entries) {
    json rows = json::array();
    for (const auto& entry : entries) {
      json names = json::array();
      for (const auto& copy : entry.copies) names.push_back(copy.name);
      rows.push_back({{"sha256", schema::hex(entry.sha256)}, {"size", entry.size}, {"names", names}});
    }
    return rows;
  };
  return {{"in_both", diff.in_both},
          {"renamed", diff.renamed},
          {"only_first", list(diff.only_first)},
          {"only_second", list(diff.only_second)}};
}

Table sharing_table(const std::vector<TargetSharing>& targets) {
  Table table({{"TARGET", false, 10},
               {"NODE", false, 10},
               {"SENT", true},
               {"ACCEPTED", true},
               {"REFUSED", true},
               {"IMPORTED", true},
               {"DROPPED", true}});
  for (const auto& target : targets) {
    for (const auto& row : target.rows)
      table.add({target.target, row.node, row.sent, row.accepted, row.refused, row.imported, row.dropped});
  }
  return table;
}

json sharing_json(const std::vector<TargetSharing>& targets) {
  json rows = json::array();
  for (const auto& target : targets) {
    for (const auto& row : target.rows) {
      rows.push_back({{"target", target.target},
                      {"node", row.node},
                      {"sent", row.sent},
                      {"accepted", row.accepted},
                      {"refused", row.refused},
                      {"imported", row.imported},
                      {"dropped", row.dropped}});
    }
  }
  return {{"sharing", rows}};
}

Table backup_table(const std::vector<BackupPart>& parts) {
  Table table({{"NODE", false, 10}, {"TARGET", false, 10}, {"STATE"}, {"SNAPSHOT"}, {"WHAT", false, 20}});
  for (const auto& one : parts) {
    const std::string state = one.part.state == "done" && one.archived ? "archived" : one.part.state;
    table.add({one.part.node, one.target, Cell(state, state == "failed" ? Tone::kBad : Tone::kPlain),
               one.part.snapshot, one.part.text});
  }
  return table;
}

json backup_json(const std::string& order, const std::vector<BackupPart>& parts) {
  json rows = json::array();
  for (const auto& one : parts) {
    rows.push_back({{"node", one.part.node},
                    {"target", one.target},
                    {"state", one.part.state},
                    {"archived", one.archived},
                    {"snapshot", one.part.snapshot},
                    {"text", one.part.text},
                    {"sent_bytes", one.part.sent_bytes}});
  }
  return {{"order", order}, {"parts", rows}};
}

}  // namespace fuzzmill::cli
