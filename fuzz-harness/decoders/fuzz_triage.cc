// Fuzzes the whole engine: a text of reports is read, normalised, signed and classified. The lines before a
// line of dashes are a project's own frame rules. What comes out is bounded, text and the same again.
#include <algorithm>
#include <string>

#include "fuzz-harness/decoders/require.h"
#include "workers/classify/classify.h"
#include "workers/fingerprint/fingerprint.h"
#include "workers/fingerprint/stack/function_name.h"

namespace {

using namespace fuzzmill::workers;
using fuzzmill::fuzz::require;

bool is_text(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

CrashFacts facts_of(const Fingerprint& print) {
  const Report& report = print.report;
  CrashFacts facts;
  facts.kind = report.kind, facts.access = report.access, facts.access_size = report.access_size;
  facts.address = report.address, facts.pc = report.pc, facts.stack = print.stack.names();
  facts.message = report.message, facts.sanitizer = report.sanitizer, facts.language = report.language;
  facts.signal = report.signal;
  return facts;
}

void check(const Fingerprint& print) {
  require(print.stack.frames.size() + print.stack.dropped.size() <= print.report.frames.size(),
          "each frame counts once");
  for (const StackFrame& frame : print.stack.frames) {
    require(frame.frame < print.report.frames.size(), "a name has its frame");
    require(frame.name.size() <= kMaxFunctionName && is_text(frame.name), "a name is bounded text");
  }
  for (const DroppedFrame& frame : print.stack.dropped)
    require(!frame.rule.empty(), "a dropped frame has its rule");
  for (const auto& [grain, digits] : print.signatures.named())
    require(digits.size() == 64, "a signature is SHA-256");
  require(is_text(print.report.message) && is_text(print.report.kind), "kind and message are text");
  const Classification verdict = classify(facts_of(print));
  require(!verdict.reasons.empty(), "a severity has its reason");
  require(!verdict.title.empty() && is_text(verdict.title), "a title is one line");
}

void check_project_rules(std::string_view rules, const Report& report) {
  const auto project = ProjectRules::parse(rules);
  if (!project) return;
  const Stack stack = normalise_stack(report, &*project);
  require(stack.frames.size() + stack.dropped.size() <= report.frames.size(), "rules make no frames");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzzmill::fuzz::text_of(data, size), rules;
  if (const auto dashes = text.find("\n----\n"); dashes != std::string_view::npos && dashes < 4096) {
    rules = text.substr(0, dashes);
    text.remove_prefix(dashes + 6);
  }
  const Fingerprints prints = fingerprint_all({text, 1, {}});
  require(!prints.all.empty() && prints.primary < prints.all.size(), "a text has a primary report");
  for (const Fingerprint& print : prints.all) check(print);
  const Fingerprint& primary = prints.all[prints.primary];
  check_project_rules(rules, primary.report);
  require(fingerprint({text, 1, {}}).signature == primary.signature,
          "the same text gives the same signature");
  return 0;
}
