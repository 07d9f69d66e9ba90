#include "cli/triage/json_writer.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/triage/json_text.h"

namespace fuzzmill::cli {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD, so that the output is always JSON.
std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

void write_texts(const std::vector<std::string>& texts, JsonText& out) {
  out.open('[');
  for (const std::string& text : texts) out.text(text);
  out.close(']');
}

void write_frames(const std::vector<workers::Frame>& frames, JsonText& out) {
  out.open('[');
  for (const workers::Frame& frame : frames) {
    out.open('{').key("function").text(frame.function).key("file").text_or_null(frame.file);
    out.key("line").number_or_null(frame.line).key("column").number_or_null(frame.column);
    out.key("module").text_or_null(frame.module).key("offset");
    frame.module.empty() ? out.null() : out.hex(frame.offset);
    out.key("inlined").boolean(frame.inlined).close('}');
  }
  out.close(']');
}

// The memory that was touched, with who made and who released it; null when the report does not say.
void write_object(const workers::Report& report, JsonText& out) {
  constexpr std::string_view kRegions[] = {"unknown", "heap", "stack", "global"};
  const workers::Object& object = report.object;
  if (object.region == workers::Object::Region::kUnknown && report.allocated_by.empty() &&
      report.freed_by.empty()) {
    out.null();
    return;
  }
  out.open('{').key("region").text(kRegions[static_cast<std::size_t>(object.region)]);
  out.key("size").number_or_null(object.size).key("variable").text_or_null(object.variable);
  out.key("function").text_or_null(object.function).key("file").text_or_null(object.file);
  out.key("line").number_or_null(object.line).key("allocated_by");
  write_frames(report.allocated_by, out);
  out.key("freed_by");
  write_frames(report.freed_by, out);
  out.close('}');
}

void write_report(const workers::Report& report, JsonText& out) {
  out.key("kind").text(report.kind).key("access").text_or_null(report.access).key("access_size");
  report.access_size ? out.number(*report.access_size) : out.null();
  out.key("address");
  report.address ? out.hex(*report.address) : out.null();
  out.key("sanitizer").text_or_null(report.sanitizer).key("language").text_or_null(report.language);
  out.key("signal").text_or_null(report.signal).key("frames");
  write_frames(report.frames, out);
}

void write_stack(const workers::Fingerprint& print, JsonText& out) {
  out.key("stack").open('[');
  for (const workers::StackFrame& frame : print.stack.frames) out.text(frame.name);
  out.close(']').key("dropped").open('[');
  for (const workers::DroppedFrame& one : print.stack.dropped)
    out.open('{').key("frame").number(one.frame).key("rule").text(one.rule).close('}');
  out.close(']').key("object");
  write_object(print.report, out);
  out.key("other_side");
  write_frames(print.report.other_side, out);
  out.key("marks");
  write_texts(schema::names_of(print.report.marks), out);
  out.key("message").text_or_null(print.report.message).key("signature").text(print.signature);
  out.key("signatures").open('{');
  for (const auto& [grain, digits] : print.signatures.named()) out.key(grain).text(digits);
  out.close('}');
}

}  // namespace

std::string crash_text(const TriagedCrash& crash) {
  JsonText out;
  out.open('{').key("path").text(crash.path).key("number").number(crash.number);
  out.key("primary").boolean(crash.primary).key("input").text_or_null(crash.input);
  write_report(crash.print.report, out);
  write_stack(crash.print, out);
  out.key("group").text(crash.group).key("severity").text(schema::severity_name(crash.verdict.severity));
  out.key("security").boolean(crash.verdict.security).key("reasons");
  write_texts(crash.verdict.reasons, out);
  out.key("cwe");
  write_texts(crash.verdict.cwe, out);
  out.key("title").text(crash.verdict.title).key("truncated").boolean(crash.print.report.truncated);
  return out.close('}').take();
}

Json crash_json(const TriagedCrash& crash) { return Json::parse(crash_text(crash)); }

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

schema::Status JsonWriter::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), out_) == text.size()) return {};
  return schema::unavailable(fmt::format("cannot write the JSON: {}", std::strerror(errno)));
}

schema::Status JsonWriter::begin() {
  return write(fmt::format("{{\"version\":{},\"crashes\":[\n", kTriageJsonVersion));
}

std::string JsonWriter::prepare(const TriagedCrash& crash) const { return crash_text(crash); }

schema::Status JsonWriter::crash(const TriagedCrash&, std::string_view prepared) {
  if (auto parted = first_ ? schema::Status() : write(",\n"); !parted) return parted;
  first_ = false;
  return write(prepared);
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
