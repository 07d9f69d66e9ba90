#include "workers/fingerprint/signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/digest.h"
#include "schema/taxonomy.h"
#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/stack/frame_rules.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxWholeFrames = 64;
constexpr std::size_t kOuterFrames = 2;  // of a timeout: the target's entry and what it called
constexpr std::size_t kGroupDigits = 16;

// '|' parts the fields, so it is escaped inside them: no two crashes share a text by accident of names.
void add_field(std::string& text, std::string_view field) {
  constexpr ByteSet kEscaped("|\\");
  workers::add_field(text, field, kEscaped);
}

// Every target has an entry of the same name: its file or module tells them apart.
void add_frame(std::string& text, const Report& report, const StackFrame& frame, bool with_line) {
  const Frame& raw = report.frames[frame.frame];
  add_field(text, frame.name);
  if (with_line) {
    text += '@';
    text += file_name(raw.file);
    text += ':';
    text += std::to_string(raw.line);
  } else if (is_target_entry(frame.name)) {
    text += fmt::format("@{}", raw.file.empty() ? file_name(raw.module) : file_name(raw.file));
  }
}

// The frames that the top and lines grains use.
std::pair<std::size_t, std::size_t> top_range(const Report& report, const Stack& stack) {
  const std::size_t count = stack.frames.size();
  if (report.kind != "timeout" && report.kind != "slow-unit") return {0, std::min(count, kTopFrames)};
  return {count > kOuterFrames ? count - kOuterFrames : 0, count};
}

std::string head(const Report& report, const Ending& ending) {
  std::string text(kSignatureVersion);
  add_field(text, report.kind);
  if (report.kind == schema::kUnknownKind) {
    add_field(text, ending.signal ? fmt::format("signal={}", *ending.signal) : "signal=none");
    add_field(text, ending.exit_code ? fmt::format("exit={}", *ending.exit_code) : "exit=none");
  }
  return text;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> Signatures::named() const {
  return {{"site", site}, {"top", top}, {"lines", lines}, {"whole", whole}, {"face", face}};
}

Signatures sign(const Report& report, const Stack& stack, const Ending& ending) {
  const std::string start = head(report, ending);
  const auto [first, last] = top_range(report, stack);
  Signatures out;
  std::string text;  // of one grain after the other
  text.reserve(2048);
  // A grain's own letter keeps grains of short stacks apart.
  const auto begin = [&](std::string_view grain) { text.assign(start).append(grain); };

  begin("|site");
  if (first < last) add_frame(text, report, stack.frames[first], false);
  out.site = schema::sha256_hex(text);

  begin("|lines");
  add_field(text, report.message);
  for (std::size_t i = first; i < last; ++i) add_frame(text, report, stack.frames[i], true);
  out.lines = schema::sha256_hex(text);

  begin("|whole");
  for (std::size_t i = 0; i < std::min(stack.frames.size(), kMaxWholeFrames); ++i)
    add_frame(text, report, stack.frames[i], false);
  out.whole = schema::sha256_hex(text);

  begin("|top");
  add_field(text, report.message);
  for (std::size_t i = first; i < last; ++i) add_frame(text, report, stack.frames[i], false);
  out.top = schema::sha256_hex(text);
  out.v1 = schema::sha256_hex(text.replace(0, kSignatureVersion.size(), "v1"));
  return out;
}

std::string group_of(std::string_view signature) { return std::string(signature.substr(0, kGroupDigits)); }

}  // namespace fuzzmill::workers
