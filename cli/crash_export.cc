#include "cli/crash_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/project_rules.h"
#include "cli/screen.h"
#include "cli/triage/bundle_writer.h"
#include "cli/triage/collect.h"
#include "cli/triage/engine.h"
#include "runtime/printable.h"
#include "store/crash_prune.h"
#include "store/objects/folder_store.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 500;

// The archived report that goes with an input, the smallest input first.
struct Archived {
  std::string report, input;
};
std::optional<Archived> archived_crash(const store::GroupDetail& group) {
  const fs::path folder = group.row.archive;
  std::error_code failed;
  for (const auto& [sha256, size] : group.inputs) {
    const auto report = folder / "reports" / (sha256 + ".txt"), input = folder / "inputs" / sha256;
    if (fs::is_regular_file(report, failed) && fs::is_regular_file(input, failed))
      return Archived{report, input};
  }
  const auto report = folder / "reports" / "without-input.txt";
  if (fs::is_regular_file(report, failed)) return Archived{report, ""};
  return std::nullopt;
}

}  // namespace

schema::Result<std::string> export_group(const store::GroupDetail& group, const std::string& to) {
  if (group.row.archive.empty())
    return schema::not_found(fmt::format("{} is not archived yet", group.row.group));
  const auto archived = archived_crash(group);
  if (!archived)
    return schema::not_found(fmt::format("{} holds no report of {}; is the archive on another machine?",
                                         group.row.archive, group.row.group));
  const auto text = read_report_file(archived->report);
  if (!text) return text.error();
  const ProjectRules rules;
  auto crashes = read_crashes(archived->report, *text, rules);
  const auto primary =
      std::find_if(crashes.begin(), crashes.end(), [](const auto& one) { return one.primary; });
  if (primary == crashes.end())
    return schema::invalid(fmt::format("{} is no report that can be read", archived->report));
  primary->input = archived->input, primary->group = group.row.group;
  TriagedGroup bundle;
  bundle.id = group.row.group, bundle.security = group.row.security, bundle.crashes = group.row.count;
  bundle.severity = schema::parse_severity(group.row.severity).value_or(schema::Severity::kLow);
  bundle.representative = *primary;
  bundle.members = {archived->report}, bundle.kinds = {group.row.kind};
  if (!archived->input.empty()) bundle.inputs = {archived->input};
  OutputFolder folder(to, false, stdout);
  BundleWriter writer(folder, {}, rules);
  if (auto done = writer.finish({bundle}); !done) return std::move(done).error();
  return (fs::path(to) / group.row.group).string();
}

schema::Result<std::vector<CrashVerdict>> verify_crashes(store::Redis& redis, const std::string& root,
                                                         const std::optional<std::string>& id) {
  Progress progress("reading archived crashes");
  auto store = store::FolderStore::at(root);
  if (!store) return std::move(store).error();
  store::CrashIndex index(redis);
  std::vector<std::string> groups;
  if (id) {
    const auto group = index.find(*id);
    if (!group) return group.error();
    groups.push_back(*group);
  }
  std::string cursor;
  while (!id) {
    const auto page = index.list({}, kPage, cursor);
    if (!page) return page.error();
    for (const auto& row : page->rows) groups.push_back(row.group);
    cursor = page->cursor;
    if (cursor.empty()) break;
  }
  std::vector<CrashVerdict> verdicts;
  for (const auto& group : groups) {
    const auto detail = index.show(group);
    if (!detail) return detail.error();
    if (detail->row.archive.empty()) continue;
    progress.say(fmt::format("reading archived crashes, {} of {}", verdicts.size() + 1, groups.size()));
    const auto target = fs::path(detail->row.archive).parent_path().filename().string();
    const auto read = store::verify_crash_archive(**store, target, group, detail->inputs);
    if (!read && read.error().code == schema::ErrorCode::kUnavailable) return read.error();
    CrashVerdict verdict{group, 0, 0, {}};
    if (read) {
      verdict.inputs = read->inputs, verdict.bytes = read->bytes, verdict.problems = read->problems;
    } else {
      verdict.problems = {read.error().message};
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace fuzzmill::cli
