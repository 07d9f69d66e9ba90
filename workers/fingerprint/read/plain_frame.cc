#include "workers/fingerprint/read/plain_frame.h"

#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxPlain = 8192;  // bytes of a line that may be such a frame

// "@     0x5605333e2ca0  (208)  f()"; abseil has the frame's size between.
bool read_glog(std::string_view text, Frame& out) {
  text.remove_prefix(1);
  if (text.empty() || text.front() != ' ') return false;
  skip_blanks(text);
  if (!take_hex(text) || text.empty() || text.front() != ' ') return false;
  skip_blanks(text);
  std::string_view name = text;
  if (take_number(name) && name.starts_with("  ")) text = trim(name);
  if (text == "(unknown)" || text == "(/unknown)") text = {};
  out.function = trim(text);
  return true;
}

// "./t(f+0x1f) [0x4f]", "/lib/libc.so.6(+0x3c04f)[0x7f]".
bool read_backtrace_symbols(std::string_view text, Frame& out) {
  const auto bracket = text.rfind("[0x");
  if (bracket == std::string_view::npos || bracket < 4) return false;
  const std::string_view lead = trim(text.substr(0, bracket));
  if (!lead.ends_with(')')) return false;
  const auto open = lead.rfind('(');
  if (open == std::string_view::npos || open == 0 || contains(lead.substr(0, open), " ")) return false;
  const std::string_view inner = lead.substr(open + 1, lead.size() - open - 2);
  const auto plus = inner.rfind("+0x");
  if (plus == std::string_view::npos) return false;
  std::string_view offset = inner.substr(plus + 1);
  out.function = inner.substr(0, plus);
  // Behind a function the offset is from its start, which says nothing about the module.
  if (out.function.empty()) out.offset = take_hex(offset).value_or(0);
  out.module = lead.substr(0, open);
  return true;
}

// "3   libx.dylib    0x0000000100003f2a f(int) + 12" and Swift's "… <unavailable> + 12".
bool read_apple(std::string_view text, Frame& out) {
  if (!take_number(text) || !text.starts_with("  ")) return false;
  skip_blanks(text);
  const auto address = text.find(" 0x");
  if (address == std::string_view::npos || address == 0) return false;
  const std::string_view module = trim(text.substr(0, address));
  text.remove_prefix(address + 1);
  if (!take_hex(text) || !text.starts_with(" ")) return false;
  text = trim(text);
  const auto plus = text.rfind(" + ");
  if (plus == std::string_view::npos) return false;
  std::string_view offset = text.substr(plus + 3);
  const auto value = take_number(offset);
  if (!value) return false;
  const std::string_view function = trim(text.substr(0, plus));
  out.module = module;
  if (function == "<unavailable>" || function.starts_with("0x")) {
    out.offset = *value;
  } else {
    out.function = function;
  }
  if (offset.starts_with(" (")) set_place(trim(offset.substr(2, offset.size() - 3)), out);
  return true;
}

// "base::f [0x00007FF9B2DDC1BA+58] (base/a.cc:332)"; without a place it is the function "(No symbol)".
bool read_chrome_on_windows(std::string_view text, Frame& out) {
  const auto bracket = text.find(" [0x");
  if (bracket == std::string_view::npos || bracket == 0) return false;
  const auto close = text.find(']', bracket);
  if (close == std::string_view::npos) return false;
  if (!contains(text.substr(bracket, close - bracket), "+")) return false;
  const std::string_view place = trim(text.substr(close + 1));
  if (!place.starts_with('(') || !place.ends_with(')') || !has_line_number(place.substr(1, place.size() - 2)))
    return false;
  out.function = trim(text.substr(0, bracket));
  set_place(place.substr(1, place.size() - 2), out);
  return true;
}

}  // namespace

bool read_plain_frame(std::string_view line, Frame& out) {
  skip_blanks(line);
  if (line.size() < 8 || line.size() > kMaxPlain) return false;
  const char last = line.back();
  const char first = line.front();
  if (first != '@' && last != ']' && !is_digit(first) && last != ')') return false;
  out = Frame{};
  if (first == '@') return read_glog(line, out);
  if (last == ']') return read_backtrace_symbols(line, out);
  if (is_digit(first)) return read_apple(line, out);
  return read_chrome_on_windows(line, out);
}

}  // namespace fuzzmill::workers
