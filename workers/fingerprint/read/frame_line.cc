#include "workers/fingerprint/read/frame_line.h"

#include <algorithm>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr int kMaxHashesTried = 4;  // a prefix may hold '#' too; hostile lines hold only '#'
constexpr std::uint32_t kMaxIndex = 999999;

constexpr std::string_view kNoPlace[] = {"??:?", "??:0", "??:0:0", "??", "<null>", "_asan_rtl_", "<unknown>"};
constexpr std::string_view kSourceEndings[] = {
    ".c",  ".cc", ".cpp", ".cxx",   ".h",   ".hh",  ".hpp", ".inc",   ".inl", ".S", ".s",  ".rs",
    ".go", ".m",  ".mm",  ".swift", ".ipp", ".tcc", ".asm", ".proto", ".y",   ".l", ".pyx"};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

// Takes ":123" off the end.
bool take_colon_number(std::string_view& text, std::uint32_t& number) {
  std::size_t at = text.size();
  while (at > 0 && is_digit(text[at - 1])) --at;
  if (at == text.size() || at == 0 || text[at - 1] != ':') return false;
  std::string_view digits = text.substr(at);
  auto value = take_number(digits);
  number = value && *value <= UINT32_MAX ? static_cast<std::uint32_t>(*value) : 0;
  text = text.substr(0, at - 1);
  return true;
}

bool has_colon_number(std::string_view text) {
  std::uint32_t ignored = 0;
  return take_colon_number(text, ignored);
}

// "mod+0x1f" → module and offset.
bool take_module(std::string_view inner, Frame& frame) {
  const auto plus = inner.rfind('+');
  if (plus == std::string_view::npos || plus == 0) return false;
  std::string_view offset = inner.substr(plus + 1);
  auto value = take_hex(offset);
  if (!value || !offset.empty()) return false;
  frame.module = clean(inner.substr(0, plus), kMaxFrameText);
  frame.offset = *value;
  return true;
}

// Takes "(mod+0x1f)", "[mod+0x1f]", "(<unknown module>)" or Fuchsia's "<mod>+0x1f" off the end.
void take_module_from_end(std::string_view& rest, Frame& frame) {
  if (rest.empty()) return;
  const char closer = rest.back();
  if (closer == ')' || closer == ']') {
    const auto open = rest.rfind(closer == ')' ? '(' : '[');
    if (open == std::string_view::npos) return;
    const std::string_view inner = rest.substr(open + 1, rest.size() - open - 2);
    if (take_module(inner, frame)) {
      rest = trim(rest.substr(0, open));
    } else if (inner.starts_with("<unknown") || (open == 0 && inner.starts_with('/'))) {
      frame.module = clean(inner, kMaxFrameText);
      rest = trim(rest.substr(0, open));
    }
    return;
  }
  const auto plus = rest.rfind(">+0x");
  if (plus == std::string_view::npos) return;
  const auto open = rest.substr(0, plus).rfind(" <");
  const auto start =
      open == std::string_view::npos ? (rest.front() == '<' ? 0 : std::string_view::npos) : open + 1;
  if (start == std::string_view::npos) return;
  if (take_module(rest.substr(start), frame)) {
    std::erase_if(frame.module, [](char c) { return c == '<' || c == '>'; });
    rest = trim(rest.substr(0, start));
  }
}

void cut_build_id(std::string_view& rest) {
  if (rest.empty() || rest.back() != ')') return;
  const auto open = rest.rfind('(');
  if (open != std::string_view::npos && rest.substr(open).starts_with("(BuildId: "))
    rest = trim(rest.substr(0, open));
}

bool looks_like_file(std::string_view word) {
  if (word.empty() || word.front() == '(' || word.back() == ')') return false;
  if (is_one_of(word, kNoPlace) || has_colon_number(word)) return true;
  if (word.front() == '/') return word.size() > 1;
  const auto dot = word.rfind('.');
  return dot != std::string_view::npos && dot > 0 && is_one_of(word.substr(dot), kSourceEndings);
}

// Where the file begins in "function file": at the first " /" outside parentheses (paths hold blanks),
// else at the last word, if that looks like a file.
std::size_t file_start(std::string_view rest) {
  int depth = 0;
  for (std::size_t i = 0; i + 1 < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ' ' && rest[i + 1] == '/' && depth == 0) return i + 1;
  }
  const auto blank = rest.rfind(' ');
  const std::size_t start = blank == std::string_view::npos ? 0 : blank + 1;
  // A line with one word only has no file but a function.
  if (start == 0 || !looks_like_file(rest.substr(start))) return rest.size();
  return start;
}

void set_file(std::string_view place, Frame& frame) {
  if (is_one_of(place, kNoPlace)) return;
  std::uint32_t last = 0;
  if (take_colon_number(place, last)) {
    frame.line = last;
    std::uint32_t first = 0;
    if (take_colon_number(place, first)) {
      frame.line = first;
      frame.column = last;
    }
  }
  frame.file = clean(place, kMaxFrameText);
}

// gdb: "f (x=1) at a.c:3" and "f () from /lib/x.so", of which the place is already cut off.
bool take_gdb_word(std::string_view& function, std::string_view word) {
  if (!function.ends_with(word)) return false;
  function = trim(function.substr(0, function.size() - word.size()));
  function = trim(before(function, " ("));
  return true;
}

void split_function_and_file(std::string_view rest, Frame& frame) {
  const std::size_t start = file_start(rest);
  std::string_view function = trim(rest.substr(0, start));
  const std::string_view place = trim(rest.substr(start));
  if (take_gdb_word(function, " from")) {
    frame.module = clean(place, kMaxFrameText);
  } else {
    take_gdb_word(function, " at");
    if (!place.empty()) set_file(place, frame);
  }
  if (!is_one_of(function, kNoPlace)) frame.function = clean(function, kMaxFrameText);
}

// `text` starts with '#'.
bool read_at_hash(std::string_view text, bool address_needed, FrameLine& out) {
  text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  auto index = take_number(text);
  if (!index || *index > kMaxIndex) return false;
  out.inlined = consume(text, ".") && take_number(text).has_value();
  if (text.empty() || text.front() != ' ') return false;  // libFuzzer's "#2<TAB>INITED" is a status line
  skip_blanks(text);
  const bool has_address = take_hex(text).has_value();
  if (!has_address && address_needed) return false;
  skip_blanks(text);
  consume(text, "in ");
  std::string_view rest = trim(text);
  out.frame = Frame{};
  out.index = static_cast<std::uint32_t>(*index);
  out.frame.inlined = out.inlined;
  cut_build_id(rest);
  take_module_from_end(rest, out.frame);
  split_function_and_file(rest, out.frame);
  return has_address || !out.frame.module.empty() || out.frame.line != 0;
}

}  // namespace

bool read_frame(std::string_view line, FrameLine& out) {
  std::string_view text = line;
  skip_blanks(text);
  if (!text.empty() && text.front() == '#') return read_at_hash(text, false, out);
  for (int tried = 0; tried < kMaxHashesTried; ++tried) {
    const auto at = text.find('#', 1);
    if (at == std::string_view::npos) return false;
    const bool after_blank = text[at - 1] == ' ' || text[at - 1] == '\t';
    text.remove_prefix(at);
    if (after_blank && read_at_hash(text, true, out)) return true;
  }
  return false;
}

}  // namespace fuzzmill::workers
