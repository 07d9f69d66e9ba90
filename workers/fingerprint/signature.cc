#include "workers/fingerprint/signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/digest.h"
#include "schema/taxonomy.h"
#include "workers/fingerprint/stack/frame_rules.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxWholeFrames = 64;
constexpr std::size_t kOuterFrames = 2;  // of a timeout: the target's entry and what it called
constexpr std::size_t kGroupDigits = 16;

std::string_view file_name(std::string_view path) {
  const auto slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// '|' parts the fields, so it is escaped inside them: no two crashes share a text by accident of names.
void add_field(std::string& text, std::string_view field) {
  text += '|';
  for (char c : field) {
    if (c == '|' || c == '\\') text += '\\';
    text += c;
  }
}

// Every target has an entry of the same name: its file or module tells them apart.
void add_frame(std::string& text, const Report& report, const StackFrame& frame, bool with_line) {
  const Frame& raw = report.frames[frame.frame];
  add_field(text, frame.name);
  if (with_line) {
    text += fmt::format("@{}:{}", file_name(raw.file), raw.line);
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
  std::string site = start, top = start, lines = start, whole = start;
  for (std::string* text : {&site, &top, &lines, &whole}) text->reserve(512);
  // A grain's own letter keeps grains of short stacks apart.
  site += "|site", top += "|top", lines += "|lines", whole += "|whole";
  add_field(top, report.message);
  add_field(lines, report.message);
  if (first < last) add_frame(site, report, stack.frames[first], false);
  for (std::size_t i = first; i < last; ++i) {
    add_frame(top, report, stack.frames[i], false);
    add_frame(lines, report, stack.frames[i], true);
  }
  for (std::size_t i = 0; i < std::min(stack.frames.size(), kMaxWholeFrames); ++i) {
    add_frame(whole, report, stack.frames[i], false);
  }
  std::string v1 = top;
  v1.replace(0, kSignatureVersion.size(), "v1");
  return {schema::sha256_hex(site),
          schema::sha256_hex(top),
          schema::sha256_hex(lines),
          schema::sha256_hex(whole),
          {},
          schema::sha256_hex(v1)};
}

std::string group_of(std::string_view signature) { return std::string(signature.substr(0, kGroupDigits)); }

}  // namespace fuzzmill::workers
