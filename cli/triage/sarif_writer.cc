#include "cli/triage/sarif_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/triage/crash_text.h"
#include "cli/triage/escape.h"
#include "runtime/printable.h"
#include "runtime/version.h"

namespace fuzzmill::cli {
namespace {

using Json = nlohmann::ordered_json;
using schema::Severity;

constexpr std::size_t kMaxFrames = 64;  // of one stack
constexpr std::size_t kMaxText = 1000;  // bytes of one text

struct Level {
  Severity severity;
  std::string_view level;     // of SARIF
  std::string_view security;  // CVSS's scale, as code scanning reads it
  int rank;                   // 0 to 100
};
constexpr std::array kLevels = {
    Level{Severity::kLow, "note", "2.0", 20}, Level{Severity::kMedium, "warning", "5.5", 50},
    Level{Severity::kHigh, "error", "8.0", 80}, Level{Severity::kCritical, "error", "9.5", 95}};
const Level& level_of(Severity severity) { return kLevels[static_cast<std::size_t>(severity)]; }

std::string shown(std::string_view text) { return runtime::printable(text, kMaxText); }

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Relative to the root where it lies below it; as it is where the report has a relative path.
Json artifact_json(std::string_view path, std::string_view root) {
  if (!path.starts_with('/')) {
    while (path.starts_with("./")) path.remove_prefix(2);
    return {{"uri", uri_of_path(path)}, {"uriBaseId", "SRCROOT"}};
  }
  if (!root.empty() && path.starts_with(root) && path.size() > root.size() + 1 && path[root.size()] == '/')
    return {{"uri", uri_of_path(path.substr(root.size() + 1))}, {"uriBaseId", "SRCROOT"}};
  return {{"uri", "file://" + uri_of_path(path)}};
}

Json location_json(const workers::Frame& frame, std::string_view root) {
  Json location = Json::object();
  if (!frame.file.empty()) {
    Json& physical = location["physicalLocation"] = {{"artifactLocation", artifact_json(frame.file, root)}};
    if (frame.line != 0) {
      Json& region = physical["region"] = {{"startLine", frame.line}};
      if (frame.column != 0) region["startColumn"] = frame.column;
    }
  }
  if (!frame.function.empty()) {
    location["logicalLocations"] =
        Json::array({{{"fullyQualifiedName", shown(frame.function)}, {"kind", "function"}}});
  }
  return location;
}

Json stack_json(std::string_view title, const std::vector<workers::Frame>& frames, std::string_view root) {
  Json list = Json::array();
  for (const workers::Frame& frame : frames) {
    if (list.size() == kMaxFrames) break;
    Json location = location_json(frame, root);
    if (location.empty()) location["message"] = {{"text", shown(function_of(frame))}};
    Json one = {{"location", std::move(location)}};
    if (!frame.module.empty()) one["module"] = shown(frame.module);
    list.push_back(std::move(one));
  }
  return {{"message", {{"text", title}}}, {"frames", std::move(list)}};
}

// The digits of "CWE-787", which name it in the taxonomy; empty when it is none of ours.
std::string_view cwe_digits(std::string_view cwe) {
  if (!cwe.starts_with("CWE-") || cwe.size() == 4) return {};
  cwe.remove_prefix(4);
  return cwe.find_first_not_of("0123456789") == std::string_view::npos ? cwe : std::string_view();
}

Json rule_json(const std::string& kind, Severity worst) {
  const schema::Kind& row = schema::kind_or_unknown(kind);
  const std::string id = shown(kind);
  Json tags = Json::array(), relationships = Json::array();
  if (row.security) tags.push_back("security");
  tags.push_back("fuzzing");
  for (const std::uint16_t cwe : row.cwes()) {
    tags.push_back(fmt::format("external/cwe/cwe-{:03}", cwe));
    relationships.push_back(
        {{"target", {{"id", std::to_string(cwe)}, {"toolComponent", {{"name", "CWE"}, {"index", 0}}}}},
         {"kinds", Json::array({"superset"})}});
  }
  Json rule = {{"id", id},
               {"name", id},
               {"shortDescription", {{"text", row.name == kind ? std::string(row.description) : id}}},
               {"defaultConfiguration", {{"level", level_of(worst).level}}},
               {"properties", {{"tags", std::move(tags)}, {"precision", "very-high"}}}};
  // Code scanning takes this number as a promise that the rule is about security.
  if (row.security) rule["properties"]["security-severity"] = level_of(worst).security;
  if (!relationships.empty()) rule["relationships"] = std::move(relationships);
  return rule;
}

Json taxonomy_json(const std::set<std::uint16_t>& cwes) {
  Json taxa = Json::array();
  for (const std::uint16_t cwe : cwes) {
    taxa.push_back({{"id", std::to_string(cwe)},
                    {"helpUri", fmt::format("https://cwe.mitre.org/data/definitions/{}.html", cwe)}});
  }
  return Json::array({{{"name", "CWE"},
                       {"organization", "MITRE"},
                       {"shortDescription", {{"text", "The MITRE Common Weakness Enumeration"}}},
                       {"isComprehensive", false},
                       {"taxa", std::move(taxa)}}});
}

Json properties_json(const TriagedGroup& group) {
  Json reasons = Json::array(), kinds = Json::array();
  for (const std::string& reason : group.representative.verdict.reasons) reasons.push_back(shown(reason));
  for (const std::string& kind : group.kinds) kinds.push_back(shown(kind));
  return {{"severity", schema::severity_name(group.severity)},
          {"security", group.security},
          {"security-severity", security_severity(group.severity)},
          {"reasons", std::move(reasons)},
          {"kinds", std::move(kinds)}};
}

}  // namespace

std::string_view security_severity(Severity severity) { return level_of(severity).security; }

Json sarif_result(const TriagedGroup& group, std::size_t rule, std::string_view root) {
  const TriagedCrash& crash = group.representative;
  const workers::Frame* site = site_of(crash);
  Json place = site == nullptr ? Json::object() : location_json(*site, root);
  // Code scanning wants a file for every result: the report itself where the crash has no other.
  if (!place.contains("physicalLocation"))
    place["physicalLocation"] = {{"artifactLocation", artifact_json(crash.path, root)}};
  Json stacks = Json::array();
  if (!crash.print.report.frames.empty())
    stacks.push_back(stack_json("Where it went wrong", crash.print.report.frames, root));
  for (const OtherStack& other : other_stacks(crash))
    stacks.push_back(stack_json(other.title, *other.frames, root));

  Json result = {
      {"ruleId", shown(crash.print.report.kind)},
      {"ruleIndex", rule},
      {"level", level_of(group.severity).level},
      {"rank", level_of(group.severity).rank},
      {"message", {{"text", shown(crash.verdict.title)}}},
      {"locations", Json::array({std::move(place)})},
      {"partialFingerprints",
       {{"fuzzmillGroup/v1", shown(group.id)}, {"fuzzmillSignature/v1", shown(crash.print.signature)}}},
      {"occurrenceCount", std::max<std::size_t>(group.crashes, 1)}};
  if (!stacks.empty()) result["stacks"] = std::move(stacks);
  if (!crash.input.empty()) {
    result["attachments"] = Json::array({{{"description", {{"text", "The input that crashes"}}},
                                          {"artifactLocation", artifact_json(crash.input, root)}}});
  }
  Json taxa = Json::array();
  for (const std::string& cwe : crash.verdict.cwe) {
    if (const auto digits = cwe_digits(cwe); !digits.empty())
      taxa.push_back({{"id", digits}, {"toolComponent", {{"name", "CWE"}, {"index", 0}}}});
  }
  if (!taxa.empty()) result["taxa"] = std::move(taxa);
  result["properties"] = properties_json(group);
  return result;
}

schema::Status SarifWriter::write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out_) == text.size()) return {};
  return schema::unavailable(fmt::format("cannot write the SARIF: {}", std::strerror(errno)));
}

schema::Status SarifWriter::finish(const std::vector<TriagedGroup>& groups) {
  std::map<std::string, Severity> worst;  // of each rule
  std::set<std::uint16_t> cwes;
  for (const TriagedGroup& group : groups) {
    const std::string& kind = group.representative.print.report.kind;
    const auto at = worst.try_emplace(kind, group.severity).first;
    at->second = std::max(at->second, group.severity);
    for (const std::uint16_t cwe : schema::kind_or_unknown(kind).cwes()) cwes.insert(cwe);
    for (const std::string& cwe : group.representative.verdict.cwe) {
      std::uint16_t number = 0;
      const auto digits = cwe_digits(cwe);
      if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc() &&
          number != 0)
        cwes.insert(number);
    }
  }
  Json rules = Json::array();
  for (const auto& [kind, severity] : worst) rules.push_back(rule_json(kind, severity));
  const Json driver = {{"name", "fuzzmill"},
                       {"version", runtime::kVersion},
                       {"semanticVersion", runtime::kVersion},
                       {"supportedTaxonomies", Json::array({{{"name", "CWE"}, {"index", 0}}})},
                       {"rules", std::move(rules)}};
  const Json bases = {{"SRCROOT", {{"description", {{"text", "The root of the source tree"}}}}}};
  const std::string head = fmt::format(
      "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\n"
      "\"tool\":{{\"driver\":{}}},\n\"taxonomies\":{},\n\"originalUriBaseIds\":{},\n"
      "\"columnKind\":\"utf16CodeUnits\",\n\"results\":[\n",
      line_of(driver), line_of(taxonomy_json(cwes)), line_of(bases));
  if (auto status = write(head); !status) return status;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto rule = std::distance(worst.begin(), worst.find(groups[i].representative.print.report.kind));
    const std::string line = line_of(sarif_result(groups[i], static_cast<std::size_t>(rule), root_));
    if (auto status = write(line + (i + 1 < groups.size() ? ",\n" : "\n")); !status) return status;
  }
  return write("]}]}\n");
}

}  // namespace fuzzmill::cli
