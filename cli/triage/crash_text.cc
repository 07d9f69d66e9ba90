#include "cli/triage/crash_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/triage/escape.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

std::string access_text(const workers::Report& report) {
  std::string text = report.access;
  if (report.access_size) {
    text += fmt::format("{}of {}", text.empty() ? "" : " ", count_text(*report.access_size, "byte", "bytes"));
  }
  if (report.address) text += fmt::format("{}at {:#x}", text.empty() ? "" : " ", *report.address);
  return text;
}

std::string object_text(const workers::Object& object) {
  using Region = workers::Object::Region;
  if (object.region == Region::kUnknown) return {};
  std::string text = object.region == Region::kHeap    ? "on the heap"
                     : object.region == Region::kStack ? "on the stack"
                                                       : "global";
  if (object.size != 0) text = fmt::format("{}, {}", count_text(object.size, "byte", "bytes"), text);
  if (!object.variable.empty()) text = fmt::format("{}, {}", object.variable, text);
  if (!object.function.empty()) text += fmt::format(" of {}", object.function);
  if (!object.file.empty()) {
    text += fmt::format(", {}", object.file);
    if (object.line != 0) text += fmt::format(":{}", object.line);
  }
  return text;
}

}  // namespace

std::string count_text(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::vector<ShownFrame> shown_frames(const TriagedCrash& crash) {
  const auto& frames = crash.print.report.frames;
  std::vector<ShownFrame> shown(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    shown[i].number = static_cast<std::uint32_t>(i);
    shown[i].frame = &frames[i];
  }
  for (const auto& one : crash.print.stack.dropped) {
    if (one.frame < shown.size()) shown[one.frame].rule = one.rule;
  }
  for (const auto& one : crash.print.stack.frames) {
    if (one.frame < shown.size()) shown[one.frame].counts = true, shown[one.frame].rule = {};
  }
  return shown;
}

std::vector<OtherStack> other_stacks(const TriagedCrash& crash) {
  const workers::Report& report = crash.print.report;
  std::vector<OtherStack> stacks;
  const auto add = [&](std::string_view title, const std::vector<workers::Frame>& frames) {
    if (!frames.empty()) stacks.push_back({title, &frames});
  };
  add("Freed by", report.freed_by);
  add("Allocated by", report.allocated_by);
  add("The other thread", report.other_side);
  return stacks;
}

std::string place_of(const workers::Frame& frame) {
  if (!frame.file.empty()) {
    std::string text(frame.file);
    if (frame.line != 0) text += fmt::format(":{}", frame.line);
    if (frame.line != 0 && frame.column != 0) text += fmt::format(":{}", frame.column);
    return text;
  }
  return frame.module.empty() ? std::string() : fmt::format("{}+{:#x}", frame.module, frame.offset);
}

std::string function_of(const workers::Frame& frame) {
  if (!frame.function.empty()) return std::string(frame.function);
  const std::string place = place_of(frame);
  return place.empty() ? "??" : place;
}

const workers::Frame* site_of(const TriagedCrash& crash) {
  const auto& counted = crash.print.stack.frames;
  const auto& frames = crash.print.report.frames;
  if (counted.empty() || counted.front().frame >= frames.size()) return nullptr;
  return &frames[counted.front().frame];
}

std::vector<Fact> crash_facts(const TriagedCrash& crash) {
  const workers::Report& report = crash.print.report;
  std::vector<Fact> facts;
  const auto add = [&](std::string_view name, std::string text) {
    if (!text.empty()) facts.push_back({name, std::move(text)});
  };
  add("Kind", report.kind);
  const workers::Frame* site = site_of(crash);
  if (site != nullptr) add("Place", place_of(*site));
  add("Access", access_text(report));
  add("Object", object_text(report.object));
  add("Message", report.message);
  add("Signal", report.signal);
  add("Found by", report.sanitizer);
  add("Language", report.language);
  add("CWE", fmt::format("{}", fmt::join(crash.verdict.cwe, ", ")));
  if (report.truncated) add("Report", "cut off before its end");
  return facts;
}

std::string reproduce_text(const TriagedGroup& group) {
  const TriagedCrash& crash = group.representative;
  if (crash.input.empty()) {
    return "No input lies beside its reports. Give `fuzzmill triage` the folder of the inputs too.";
  }
  const auto word = [](const std::string& path) { return shell_word(runtime::printable(path, 600)); };
  return fmt::format("fuzzmill triage {} {} --bundles bundles --target ./TARGET\nsh bundles/{}/repro.sh",
                     word(crash.path), word(crash.input), file_word(group.id));
}

}  // namespace fuzzmill::cli
