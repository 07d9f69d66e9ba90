#include "cli/triage/issue_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/triage/crash_text.h"
#include "cli/triage/escape.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kMaxFrames = 40;  // GitHub refuses bodies above 65,536 characters
constexpr std::size_t kMaxOtherFrames = 8;
constexpr std::size_t kMaxPaths = 20;
constexpr std::size_t kMaxText = 300;  // bytes of one text

std::string cut(std::string_view text) { return std::string(text.substr(0, kMaxText)); }

std::string frame_line(std::size_t number, const workers::Frame& frame) {
  const std::string place = frame.function.empty() ? std::string() : place_of(frame);
  return runtime::printable(
      fmt::format("#{:<2} {}{}{}", number, cut(function_of(frame)), place.empty() ? "" : "  ", cut(place)));
}

std::string stack_block(const TriagedCrash& crash) {
  std::string lines;
  std::size_t dropped = 0, shown = 0, all = 0;
  for (const ShownFrame& one : shown_frames(crash)) {
    ++all;
    if (!one.counts && !one.rule.empty()) {
      ++dropped;
    } else if (shown < kMaxFrames) {
      ++shown;
      lines += frame_line(one.number, *one.frame) + "\n";
    }
  }
  if (lines.empty()) return "The report has no stack.\n";
  std::string out = markdown_block(lines);
  if (all > shown + dropped) out += fmt::format("\n{} more frames are not shown.\n", all - shown - dropped);
  if (dropped > 0) {
    out += fmt::format("\n{} of the machinery around the bug {} left out.\n",
                       count_text(dropped, "frame", "frames"), dropped == 1 ? "is" : "are");
  }
  return out;
}

std::string other_stacks_block(const TriagedCrash& crash) {
  std::string out;
  for (const OtherStack& stack : other_stacks(crash)) {
    std::string lines;
    for (std::size_t i = 0; i < std::min(stack.frames->size(), kMaxOtherFrames); ++i)
      lines += frame_line(i, (*stack.frames)[i]) + "\n";
    out += fmt::format("\n**{}**\n\n{}", stack.title, markdown_block(lines));
  }
  return out;
}

std::string facts_table(const TriagedGroup& group) {
  const TriagedCrash& crash = group.representative;
  std::string out = "| | |\n|---|---|\n";
  const auto row = [&](std::string_view name, const std::string& text) {
    out += fmt::format("| {} | {} |\n", name, text);
  };
  row("Severity", fmt::format("**{}**", schema::severity_name(group.severity)));
  row("Security", group.security ? "yes" : "not presumed");
  for (const Fact& fact : crash_facts(crash)) row(fact.name, markdown_cell(cut(fact.text)));
  row("Crashes", std::to_string(group.crashes));
  row("Group", markdown_cell(group.id));
  return out;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out;
  for (std::size_t i = 0; i < std::min(texts.size(), kMaxPaths); ++i)
    out += fmt::format("- {}\n", markdown_code(cut(texts[i])));
  if (texts.size() > kMaxPaths) out += fmt::format("- … and {} more\n", texts.size() - kMaxPaths);
  return out;
}

// A sentence of ours that quotes theirs: where it is not plain, it is code from end to end.
std::string sentences(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += fmt::format("- {}\n", markdown_words(cut(text)));
  return out;
}

}  // namespace

std::string issue_mark(const TriagedGroup& group) {
  return fmt::format("fuzzmill:group={}", file_word(group.id));
}

std::string issue_markdown(const TriagedGroup& group) {
  const TriagedCrash& crash = group.representative;
  std::string out =
      fmt::format("# {}\n\n<!-- {} -->\n\n", markdown_words(cut(crash.verdict.title)), issue_mark(group));
  if (group.security) {
    out +=
        "> **Security:** this bug is presumed to be exploitable. Before it is fixed, file it where only "
        "maintainers read it, as a private security advisory.\n\n";
  }
  out += facts_table(group) + "\n## Why this severity\n\n" + sentences(crash.verdict.reasons);
  out += "\n## Stack\n\n" + stack_block(crash) + other_stacks_block(crash);
  out += "\n## How to reproduce\n\n" + markdown_block(reproduce_text(group));
  out +=
      "\n`repro.sh` ends with 0 when it sees this bug, 3 when it sees another, 4 when nothing crashes and 5 "
      "when something is missing.\n";
  out += fmt::format("\n## Reports ({})\n\n", group.members.size()) + list_of(group.members);
  if (!group.inputs.empty())
    out += fmt::format("\n## Inputs ({})\n\n", group.inputs.size()) + list_of(group.inputs);
  if (!group.reasons.empty()) out += "\n## Why they are one bug\n\n" + sentences(group.reasons);
  return out;
}

schema::Status IssueWriter::finish(const std::vector<TriagedGroup>& groups) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (quota_ != 0 && folder_.counts().written >= quota_) {
      left_ = groups.size() - i;
      break;
    }
    const TriagedGroup& group = groups[i];
    const auto put = folder_.put(file_word(group.id) + ".md", issue_markdown(group), issue_mark(group));
    if (!put) return put;
  }
  return {};
}

}  // namespace fuzzmill::cli
