#include "cli/triage/analyze_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/show.h"
#include "cli/triage/crash_text.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kMaxText = 1000;       // bytes of one text, before escaping
constexpr std::size_t kMaxOtherFrames = 12;  // of a stack that freed or allocated

std::string safe(std::string_view text) { return runtime::printable(text, kMaxText); }

std::string heading(std::string_view title, const AnalyzeLook& look) {
  return fmt::format("\n{}\n", paint(title, Tone::kDim, look.colour));
}

std::string frame_line(std::size_t number, const workers::Frame& frame) {
  const std::string place = frame.function.empty() ? std::string() : place_of(frame);
  return fmt::format("#{:<3} {}{}{}{}", number, safe(function_of(frame)), place.empty() ? "" : "  ",
                     safe(place), frame.inlined ? "  (inlined)" : "");
}

std::string stack_text(const TriagedCrash& crash, const AnalyzeLook& look) {
  const auto frames = shown_frames(crash);
  if (frames.empty()) return "  the report has none\n";
  std::string out;
  for (const ShownFrame& one : frames) {
    const std::string line = frame_line(one.number, *one.frame);
    if (one.counts) {
      out += fmt::format("  {}\n", line);
    } else if (one.rule.empty()) {
      out += fmt::format("  {}\n", paint(line, Tone::kDim, look.colour));
    } else {
      // The rule stands before the frame too where no colour tells dropped frames from others.
      const std::string text = fmt::format("{}  [dropped: {}]", line, one.rule);
      out += fmt::format("{} {}\n", look.colour ? " " : "-", paint(text, Tone::kDim, look.colour));
    }
  }
  return out;
}

std::string other_stacks_text(const TriagedCrash& crash, const AnalyzeLook& look) {
  std::string out;
  for (const OtherStack& stack : other_stacks(crash)) {
    out += heading(stack.title, look);
    const std::size_t count = std::min(stack.frames->size(), kMaxOtherFrames);
    for (std::size_t i = 0; i < count; ++i) out += fmt::format("  {}\n", frame_line(i, (*stack.frames)[i]));
    if (count < stack.frames->size()) out += fmt::format("  … {} more\n", stack.frames->size() - count);
  }
  return out;
}

}  // namespace

std::string analyze_text(const TriagedCrash& crash, const AnalyzeLook& look) {
  const std::string severity(schema::severity_name(crash.verdict.severity));
  std::string out = fmt::format("{}\n{}{}\n", safe(crash.verdict.title),
                                paint(severity, severity_tone(severity), look.colour),
                                crash.verdict.security ? ", security" : "");
  for (const std::string& reason : crash.verdict.reasons) out += fmt::format("  {}\n", safe(reason));
  out += heading("Facts", look);
  for (const Fact& fact : crash_facts(crash)) out += fmt::format("  {:<9} {}\n", fact.name, safe(fact.text));
  out += fmt::format("  {:<9} {}\n", "Report", safe(crash.path));
  out += fmt::format("  {:<9} {}\n", "Input",
                     crash.input.empty() ? "none lies beside the report" : safe(crash.input));
  out += heading("Stack", look) + stack_text(crash, look) + other_stacks_text(crash, look);
  out += heading("Signatures", look);
  for (const auto& [grain, digits] : crash.print.signatures.named())
    out += fmt::format("  {:<9} {}\n", grain, safe(digits));
  return out;
}

std::string reports_text(const std::vector<TriagedCrash>& crashes, const AnalyzeLook& look) {
  if (crashes.size() < 2) return {};
  std::string out = heading(fmt::format("Reports in this file: {}", crashes.size()), look);
  for (const TriagedCrash& crash : crashes) {
    out += fmt::format("  {} {:<3} {}\n", crash.primary ? "*" : " ", crash.number, safe(crash.verdict.title));
  }
  return out + "  * is what the file is about; --all prints each\n";
}

}  // namespace fuzzmill::cli
