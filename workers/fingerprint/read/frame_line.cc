#include "workers/fingerprint/read/frame_line.h"

#include <algorithm>

#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr int kMaxHashesTried = 4;  // a prefix may hold '#' too; hostile lines hold only '#'
constexpr std::uint32_t kMaxIndex = 999999;

constexpr std::string_view kNoPlace[] = {"??:?", "??:0", "??:0:0", "??", "<null>", "_asan_rtl_", "<unknown>"};
constexpr std::string_view kSourceEndings[] = {
    ".c",  ".cc", ".cpp", ".cxx",   ".h",   ".hh",  ".hpp", ".inc",   ".inl", ".S", ".s",  ".rs",
    ".go", ".m",  ".mm",  ".swift", ".ipp", ".tcc", ".asm", ".proto", ".y",   ".l", ".pyx"};

constexpr ByteSet kParentheses("()");

template <std::size_t N>
bool is_one_of(std::string_view text, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

// "mod+0x1f" → module and offset.
bool take_module(std::string_view inner, Frame& frame) {
  const auto plus = find_last(inner, '+');
  if (plus == std::string_view::npos || plus == 0) return false;
  std::string_view offset = inner.substr(plus + 1);
  auto value = take_hex(offset);
  if (!value || !offset.empty()) return false;
  frame.module = inner.substr(0, plus);
  frame.offset = *value;
  return true;
}

// "/data/lib.so+0x1f" without parentheses, as Chrome prints it.
void take_bare_module(std::string_view& rest, Frame& frame) {
  const auto blank = find_last(rest, ' ');
  const std::size_t start = blank == std::string_view::npos ? 0 : blank + 1;
  if (take_module(rest.substr(start), frame)) rest = trim(rest.substr(0, start));
}

// Takes "(mod+0x1f)", "[mod+0x1f]", "(<unknown module>)" or Fuchsia's "<mod>+0x1f" off the end.
void take_module_from_end(std::string_view& rest, Frame& frame) {
  if (rest.empty()) return;
  const char closer = rest.back();
  if (closer == ')' || closer == ']') {
    const auto open = find_last(rest, closer == ')' ? '(' : '[');
    if (open == std::string_view::npos) return;
    const std::string_view inner = rest.substr(open + 1, rest.size() - open - 2);
    if (kParentheses.find(inner) != std::string_view::npos) return;
    if (take_module(inner, frame)) {
      rest = trim(rest.substr(0, open));
    } else if (open == 0 && has_line_number(inner)) {
      set_place(inner, frame);
      rest = {};
    } else if (inner.starts_with("<unknown") || (open == 0 && inner.starts_with('/'))) {
      frame.module = inner;
      rest = trim(rest.substr(0, open));
    }
    return;
  }
  const auto sign = find_last(rest, '+');
  if (sign == std::string_view::npos || sign == 0) return;
  if (rest[sign - 1] != '>') return take_bare_module(rest, frame);
  const std::size_t plus = sign - 1;
  const auto open = rest.substr(0, plus).rfind(" <");
  const auto start =
      open == std::string_view::npos ? (rest.front() == '<' ? 0 : std::string_view::npos) : open + 1;
  if (start == std::string_view::npos) return;
  if (take_module(rest.substr(start), frame)) {
    while (frame.module.starts_with('<')) frame.module.remove_prefix(1);
    while (frame.module.ends_with('>')) frame.module.remove_suffix(1);
    rest = trim(rest.substr(0, start));
  }
}

void take_build_id(std::string_view& rest, Frame& frame) {
  constexpr std::string_view kMarker = "(BuildId: ";
  if (rest.empty() || rest.back() != ')') return;
  const auto open = find_last(rest, '(');
  if (open == std::string_view::npos || !rest.substr(open).starts_with(kMarker)) return;
  frame.build_id = rest.substr(open + kMarker.size(), rest.size() - open - kMarker.size() - 1);
  rest = trim(rest.substr(0, open));
}

bool looks_like_file(std::string_view word) {
  if (word.empty() || word.front() == '(' || word.back() == ')') return false;
  if (is_one_of(word, kNoPlace) || has_line_number(word)) return true;
  if (word.front() == '/') return word.size() > 1;
  const auto dot = find_last(word, '.');
  return dot != std::string_view::npos && dot > 0 && is_one_of(word.substr(dot), kSourceEndings);
}

// Where the file begins in "function file": at the first " /" outside parentheses (paths hold blanks),
// else at the last word, if that looks like a file.
std::size_t file_start(std::string_view rest) {
  const auto slash = rest.find(" /");
  const auto last_blank = find_last(rest, ' ');
  // Nearly always there is one such place only, and it is the last word.
  if (slash != std::string_view::npos && slash == last_blank && rest.back() != ')') return slash + 1;
  int depth = 0;
  for (std::size_t i = 0; slash != std::string_view::npos && i + 1 < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ' ' && rest[i + 1] == '/' && depth == 0) return i + 1;
  }
  const std::size_t start = last_blank == std::string_view::npos ? 0 : last_blank + 1;
  if (start == 0 && !rest.empty() && rest.front() == '/' && has_line_number(rest)) return 0;
  // A line with one word only has no file but a function.
  if (start == 0 || !looks_like_file(rest.substr(start))) return rest.size();
  return start;
}

// gdb prints the arguments' values behind the name: "f (x=1)", "f ()", "f(int) (this=0x1)".
std::string_view without_arguments(std::string_view function) {
  if (!function.ends_with(')') || !contains(function, " (")) return function;
  const auto last_equal = find_last(function, '=');  // asked for once, as there may be many parentheses
  int depth = 0;
  for (std::size_t i = 0; i + 1 < function.size(); ++i) {
    const char c = function[i];
    if (c == 'o' && function.substr(i).starts_with("operator")) {
      i += 8;
      while (i + 1 < function.size() && contains("<>=-()", function.substr(i, 1))) ++i;
      if (i > 0) --i;
      continue;
    }
    if (c == '(' || c == '<' || c == '{') ++depth;
    if ((c == ')' || c == '>' || c == '}') && depth > 0) --depth;
    if (depth != 0 || c != ' ' || function[i + 1] != '(') continue;
    const std::string_view inner = function.substr(i + 2, function.size() - i - 3);
    const bool values =
        inner.empty() || inner == "..." || (last_equal != std::string_view::npos && last_equal > i + 1);
    if (values && !function.substr(0, i).ends_with("->")) return trim(function.substr(0, i));
  }
  return function;
}

// gdb: "f (x=1) at a.c:3" and "f () from /lib/x.so", of which the place is already cut off.
bool take_gdb_word(std::string_view& function, std::string_view word) {
  if (!function.ends_with(word)) return false;
  function = trim(function.substr(0, function.size() - word.size()));
  function = without_arguments(function);
  return true;
}

void split_function_and_file(std::string_view rest, Frame& frame) {
  const std::size_t start = file_start(rest);
  std::string_view function = trim(rest.substr(0, start));
  const std::string_view place = trim(rest.substr(start));
  if (take_gdb_word(function, " from")) {
    frame.module = place;
  } else {
    if (!take_gdb_word(function, " at")) function = without_arguments(function);
    if (!place.empty()) set_place(place, frame);
  }
  if (!is_one_of(function, kNoPlace)) frame.function = function;
}

// Android: "pc 0000abcd  /system/lib/libx.so (f(int)+12) (BuildId: 3a)", of which "pc " is taken already.
bool read_android(std::string_view text, Frame& frame) {
  std::size_t digits = 0;
  while (digits < text.size() && is_hex(text[digits])) ++digits;
  if (digits < 4 || digits > 16 || digits == text.size()) return false;
  std::string with_prefix = "0x" + std::string(text.substr(0, digits));
  std::string_view number = with_prefix;
  frame.offset = take_hex(number).value_or(0);
  text = trim(text.substr(digits));
  std::string_view function;
  if (const auto open = text.find(" ("); open != std::string_view::npos) {
    function = text.substr(open + 1);
    text = text.substr(0, open);
    if (function.starts_with("(offset ")) function = trim(after(function, ")").value_or(std::string_view()));
  }
  frame.module = text;
  if (!function.starts_with('(') || !function.ends_with(')')) return true;
  function = function.substr(1, function.size() - 2);
  if (const auto plus = find_last(function, '+'); plus != std::string_view::npos && plus > 0)
    function = function.substr(0, plus);
  if (!contains(function, "BuildId")) frame.function = function;
  return true;
}

// `text` starts with '#'.
bool read_at_hash(std::string_view text, bool address_needed, bool whole, FrameLine& out) {
  text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  auto index = take_number(text);
  if (!index || *index > kMaxIndex) return false;
  out.inlined = consume(text, ".") && take_number(text).has_value();
  if (text.empty() || text.front() != ' ') return false;  // libFuzzer's "#2<TAB>INITED" is a status line
  skip_blanks(text);
  if (text.starts_with("pc ")) {
    out.frame = Frame{};
    out.index = static_cast<std::uint32_t>(*index);
    std::string_view rest = trim(text.substr(3));
    take_build_id(rest, out.frame);
    return read_android(rest, out.frame);
  }
  const bool has_address = take_hex(text).has_value();
  if (!has_address && address_needed) return false;
  if (!whole && has_address) {
    out.frame = Frame{};
    out.index = static_cast<std::uint32_t>(*index);
    return true;
  }
  skip_blanks(text);
  // "#3 0x4f in": the symbolizer found no name.
  if (!consume(text, "in ") && trim(text) == "in") text = {};
  std::string_view rest = trim(text);
  out.frame = Frame{};
  out.index = static_cast<std::uint32_t>(*index);
  out.frame.inlined = out.inlined;
  take_build_id(rest, out.frame);
  take_module_from_end(rest, out.frame);
  split_function_and_file(rest, out.frame);
  return has_address || !out.frame.module.empty() || out.frame.line != 0;
}

}  // namespace

bool read_frame(std::string_view line, FrameLine& out, bool whole) {
  std::string_view text = line;
  skip_blanks(text);
  if (!text.empty() && text.front() == '#') return read_at_hash(text, false, whole, out);
  for (int tried = 0; tried < kMaxHashesTried; ++tried) {
    const auto at = text.find('#', 1);
    if (at == std::string_view::npos) return false;
    const bool after_blank = text[at - 1] == ' ' || text[at - 1] == '\t';
    text.remove_prefix(at);
    if (after_blank && read_at_hash(text, true, whole, out)) return true;
  }
  return false;
}

}  // namespace fuzzmill::workers
