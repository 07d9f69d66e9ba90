#include "runtime/printable.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace fuzzmill::runtime {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// What is UTF-8 and still not safe to show.
constexpr std::array kHidden = {
    Range{0x00, 0x1f},       Range{0x7f, 0x9f},      // C0, DEL, C1
    Range{0xad, 0xad},                               // soft hyphen
    Range{0x61c, 0x61c},     Range{0x200b, 0x200f},  // marks of direction, zero width
    Range{0x2028, 0x202e},                           // line separators, overrides of direction
    Range{0x2060, 0x206f},                           // isolates, invisible operators
    Range{0xfeff, 0xfeff},   Range{0xfff9, 0xfffb},  // byte order mark, annotations
    Range{0xe0000, 0xe007f},                         // tags
};

bool hidden(char32_t value) {
  for (const Range& range : kHidden) {
    if (value >= range.first && value <= range.last) return true;
  }
  return false;
}

void escape(std::string& out, char32_t value) {
  switch (value) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (value < 0x100) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(value));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value));
  }
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return {};
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return {byte(0), 1, false};
  char32_t value = byte(0) & (0x7f >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {byte(0), 1, false};
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kLeast[size] || value > 0x10ffff || surrogate) return {byte(0), 1, false};
  return {value, size, true};
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (!point.valid || hidden(point.value)) {
      escape(out, point.value);
    } else {
      out += text.substr(0, point.size);
    }
    text.remove_prefix(point.size);
  }
  return out;
}

std::string printable(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return printable(text);
  // Not in the middle of a character: its rest would look like broken bytes.
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return printable(text.substr(0, limit)) + "…";
}

}  // namespace fuzzmill::runtime
