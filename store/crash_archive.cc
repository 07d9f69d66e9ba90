#include "store/crash_archive.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "store/archive_folder.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;
using Json = nlohmann::ordered_json;

constexpr const char* kCrashes = "crashes";
constexpr const char* kInputs = "inputs";
constexpr const char* kReports = "reports";
constexpr const char* kMeta = "meta.json";
constexpr const char* kNoInput = "without-input";  // names the report of a crash that has no input
constexpr std::string_view kText = ".txt";
constexpr std::chrono::seconds kLeftoverAge{3600};
constexpr int kMetaVersion = 1;

Result<ArchiveFolder> open_group(const std::filesystem::path& root, const std::string& target,
                                 const std::string& group) {
  if (!schema::valid_name(target) || !valid_group(group))
    return schema::invalid("crash archive: bad target or group");
  auto top = ArchiveFolder::open(root);
  if (!top) return top;
  auto crashes = top->enter(kCrashes);
  if (!crashes) return crashes;
  auto of_target = crashes->enter(target);
  if (!of_target) return of_target;
  return of_target->enter(group);
}

std::string report_name(const std::string& sha256) {
  return (sha256.empty() ? std::string(kNoInput) : sha256) + std::string(kText);
}

// Removes from `folder` what was listed before the facts were read and is not in them. A file that came
// after the listing belongs to a worker whose plan is newer than ours: it is not touched.
Status remove_evicted(const ArchiveFolder& folder, const std::vector<std::string>& listed,
                      std::string_view suffix, const GroupDetail& facts) {
  for (const std::string& name : listed) {
    const std::string sha256 = name.substr(0, name.size() - std::min(name.size(), suffix.size()));
    const bool kept =
        sha256 == kNoInput || std::any_of(facts.inputs.begin(), facts.inputs.end(),
                                          [&](const auto& input) { return input.first == sha256; });
    if (kept) continue;
    if (auto removed = folder.remove(name); !removed) return removed;
  }
  return {};
}

Json counts_json(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

}  // namespace

CrashArchive::CrashArchive(std::filesystem::path root)
    : root_(std::filesystem::absolute(root).lexically_normal()) {}

std::string CrashArchive::folder(const std::string& target, const std::string& group) const {
  return (root_ / kCrashes / target / group).string();
}

bool CrashArchive::has_input(const std::string& target, const std::string& group,
                             const std::string& sha256) const {
  const auto folder = open_group(root_, target, group);
  if (!folder) return false;
  const auto inputs = folder->enter(kInputs);
  return inputs && inputs->has(sha256);
}

Status CrashArchive::put(const std::string& target, const std::string& group,
                         const std::vector<CrashFiles>& files) const {
  const auto folder = open_group(root_, target, group);
  if (!folder) return folder.error();
  const auto inputs = folder->enter(kInputs);
  if (!inputs) return inputs.error();
  const auto reports = folder->enter(kReports);
  if (!reports) return reports.error();
  for (const CrashFiles& crash : files) {
    if (!crash.input_sha256.empty() && !valid_signature(crash.input_sha256)) {
      return schema::invalid("crash archive: an input is not named by its SHA-256");
    }
    if (!crash.input_sha256.empty() && !inputs->has(crash.input_sha256)) {
      if (auto written = inputs->write(crash.input_sha256, crash.input); !written) return written;
    }
    if (!crash.report.empty()) {
      if (auto written = reports->write(report_name(crash.input_sha256), crash.report); !written)
        return written;
    }
  }
  return {};
}

Result<GroupDetail> CrashArchive::settle(const std::string& target, const std::string& group,
                                         const Facts& facts, std::uint64_t now_ms) const {
  const auto folder = open_group(root_, target, group);
  if (!folder) return folder.error();
  const auto inputs = folder->enter(kInputs), reports = folder->enter(kReports);
  if (!inputs) return inputs.error();
  if (!reports) return reports.error();
  const auto lock = folder->lock();
  if (!lock) return lock.error();
  const auto listed_inputs = inputs->list(), listed_reports = reports->list();  // before the facts
  if (!listed_inputs) return listed_inputs.error();
  if (!listed_reports) return listed_reports.error();
  auto known = facts();
  if (!known) return known;
  if (auto done = remove_evicted(*inputs, *listed_inputs, "", *known); !done) return std::move(done).error();
  if (auto done = remove_evicted(*reports, *listed_reports, kText, *known); !done)
    return std::move(done).error();
  for (const ArchiveFolder* each : {&*folder, &*inputs, &*reports}) each->remove_leftovers(kLeftoverAge);
  if (auto done = folder->write(kMeta, crash_meta_json(*known, now_ms)); !done)
    return std::move(done).error();
  return known;
}

std::string crash_meta_json(const GroupDetail& group, std::uint64_t written_ms) {
  const GroupRow& row = group.row;
  Json reasons = Json::parse(row.reasons, nullptr, false);
  Json inputs = Json::array();
  for (const auto& [sha256, size] : group.inputs) inputs.push_back({{"sha256", sha256}, {"size", size}});
  const Json json = {{"version", kMetaVersion},
                     {"group", row.group},
                     {"kind", row.kind},
                     {"title", row.title},
                     {"severity", row.severity},
                     {"security", row.security},
                     {"cwe", row.cwe},
                     {"reasons", reasons.is_discarded() ? Json::array() : std::move(reasons)},
                     {"state", row.state},
                     {"count", row.count},
                     {"first_seen_ms", row.first_seen_ms},
                     {"last_seen_ms", row.last_seen_ms},
                     {"nodes", counts_json(row.nodes)},
                     {"targets", counts_json(row.targets)},
                     {"signatures", group.signatures},
                     {"inputs", std::move(inputs)},
                     {"written_ms", written_ms}};
  // Crash text may be no UTF-8: replaced, never thrown about.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fuzzmill::store
