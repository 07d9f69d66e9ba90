#include "cli/triage/json_writer.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace fuzzmill::cli {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD, so that the output is always JSON.
std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json hex_or_null(const std::optional<std::uint64_t>& number) {
  return number ? Json(fmt::format("{:#x}", *number)) : Json(nullptr);
}

Json number_or_null(std::uint64_t number) { return number == 0 ? Json(nullptr) : Json(number); }

Json frames_json(const std::vector<workers::Frame>& frames) {
  Json list = Json::array();
  for (const workers::Frame& frame : frames) {
    list.push_back(
        {{"function", frame.function},
         {"file", text_or_null(frame.file)},
         {"line", number_or_null(frame.line)},
         {"column", number_or_null(frame.column)},
         {"module", text_or_null(frame.module)},
         {"offset", frame.module.empty() ? Json(nullptr) : Json(fmt::format("{:#x}", frame.offset))},
         {"inlined", frame.inlined}});
  }
  return list;
}

// The memory that was touched, with who made and who released it; null when the report does not say.
Json object_json(const workers::Report& report) {
  constexpr std::string_view kRegions[] = {"unknown", "heap", "stack", "global"};
  const workers::Object& object = report.object;
  if (object.region == workers::Object::Region::kUnknown && report.allocated_by.empty() &&
      report.freed_by.empty())
    return nullptr;
  return {{"region", kRegions[static_cast<std::size_t>(object.region)]},
          {"size", number_or_null(object.size)},
          {"variable", text_or_null(object.variable)},
          {"function", text_or_null(object.function)},
          {"file", text_or_null(object.file)},
          {"line", number_or_null(object.line)},
          {"allocated_by", frames_json(report.allocated_by)},
          {"freed_by", frames_json(report.freed_by)}};
}

Json dropped_json(const workers::Fingerprint& print) {
  Json dropped = Json::array();
  for (const workers::DroppedFrame& one : print.stack.dropped) {
    dropped.push_back({{"frame", one.frame}, {"rule", one.rule}});
  }
  return dropped;
}

}  // namespace

Json crash_json(const TriagedCrash& crash) {
  const workers::Report& report = crash.print.report;
  Json json = {{"path", crash.path}, {"number", crash.number}, {"primary", crash.primary}};
  json["input"] = text_or_null(crash.input);
  json["kind"] = report.kind;
  json["access"] = text_or_null(report.access);
  json["access_size"] = report.access_size ? Json(*report.access_size) : Json(nullptr);
  json["address"] = hex_or_null(report.address);
  json["sanitizer"] = text_or_null(report.sanitizer);
  json["language"] = text_or_null(report.language);
  json["signal"] = text_or_null(report.signal);
  json["frames"] = frames_json(report.frames);
  json["stack"] = crash.print.stack.names();
  json["dropped"] = dropped_json(crash.print);
  json["object"] = object_json(report);
  json["other_side"] = frames_json(report.other_side);
  json["marks"] = schema::names_of(report.marks);
  json["message"] = text_or_null(report.message);
  json["signature"] = crash.print.signature;
  Json& signatures = json["signatures"] = Json::object();
  for (const auto& [grain, digits] : crash.print.signatures.named()) signatures[std::string(grain)] = digits;
  json["group"] = crash.group;
  json["severity"] = schema::severity_name(crash.verdict.severity);
  json["security"] = crash.verdict.security;
  json["reasons"] = crash.verdict.reasons;
  json["cwe"] = crash.verdict.cwe;
  json["title"] = crash.verdict.title;
  json["truncated"] = report.truncated;
  return json;
}

Json group_json(const TriagedGroup& group) {
  return {{"id", group.id},
          {"severity", schema::severity_name(group.severity)},
          {"security", group.security},
          {"title", group.representative.verdict.title},
          {"kinds", group.kinds},
          {"crashes", group.crashes},
          {"representative", group.representative.path},
          {"input", text_or_null(group.representative.input)},
          {"reasons", group.reasons},
          {"members", group.members}};
}

schema::Status JsonWriter::write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out_) == text.size()) return {};
  return schema::unavailable(fmt::format("cannot write the JSON: {}", std::strerror(errno)));
}

schema::Status JsonWriter::begin() {
  return write(fmt::format("{{\"version\":{},\"crashes\":[\n", kTriageJsonVersion));
}

schema::Status JsonWriter::crash(const TriagedCrash& crash) {
  std::string line = first_ ? "" : ",\n";
  first_ = false;
  return write(line + line_of(crash_json(crash)));
}

schema::Status JsonWriter::finish(const std::vector<TriagedGroup>& groups) {
  std::string text = "\n],\"groups\":[\n";
  for (std::size_t i = 0; i < groups.size(); ++i) {
    text += line_of(group_json(groups[i])) + (i + 1 < groups.size() ? ",\n" : "\n");
    if (text.size() < (std::size_t{1} << 20)) continue;
    if (auto written = write(text); !written) return written;
    text.clear();
  }
  return write(text + "]}\n");
}

}  // namespace fuzzmill::cli
