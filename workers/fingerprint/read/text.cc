#include "workers/fingerprint/read/text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {
namespace {

constexpr char kEscape = '\x1b';

// Drops "ESC [ … letter" and "ESC ] … BEL" sequences; a lone ESC goes too.
void strip_escapes(std::string_view line, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != kEscape) {
      out += line[i];
      continue;
    }
    if (i + 1 >= line.size()) break;
    const char opener = line[i + 1];
    if (opener == '[') {
      i += 2;
      while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
    } else if (opener == ']') {
      i += 2;
      while (i < line.size() && line[i] != '\a') ++i;
    } else {
      ++i;
    }
  }
}

std::size_t utf8_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// Length of the valid UTF-8 sequence at `at`, or 0.
std::size_t utf8_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const std::size_t length = utf8_length(byte(0));
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies past U+10FFFF are no characters.
  if (length == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f))) return 0;
  if (length == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f))) return 0;
  return length;
}

std::optional<std::uint64_t> take_base(std::string_view& text, int base) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

LineReader::LineReader(std::string_view text)
    : text_(text), rest_(text), has_escapes_(text.find(kEscape) != std::string_view::npos) {}

bool LineReader::next(std::string_view& line) {
  if (rest_.empty()) return false;
  begin_ = end();
  const void* end = std::memchr(rest_.data(), '\n', rest_.size());
  cut_off_ = end == nullptr;
  const std::size_t size = cut_off_ ? rest_.size() : static_cast<const char*>(end) - rest_.data();
  line = rest_.substr(0, std::min(size, kMaxLineSize));
  rest_.remove_prefix(cut_off_ ? size : size + 1);
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (has_escapes_ && std::memchr(line.data(), kEscape, line.size()) != nullptr) {
    strip_escapes(line, scratch_);
    line = scratch_;
  }
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  // Short ones, which nearly all are, cannot overflow.
  std::uint64_t value = 0;
  std::size_t size = 0;
  for (; size < text.size() && is_digit(text[size]); ++size) {
    if (size == 19) return take_base(text, 10);
    value = value * 10 + static_cast<std::uint64_t>(text[size] - '0');
  }
  if (size == 0) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

std::optional<std::uint64_t> take_hex(std::string_view& text) {
  std::string_view digits = text;
  if (!consume(digits, "0x")) return std::nullopt;
  auto value = take_base(digits, 16);
  if (value) text = digits;
  return value;
}

std::optional<std::string_view> after(std::string_view text, std::string_view marker) {
  const auto at = text.find(marker);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + marker.size());
}

std::string_view before(std::string_view text, std::string_view marker) {
  return text.substr(0, text.find(marker));
}

// Eight bytes at a time.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = kOnes * 0x80;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, 8);
    // Below ' ' the difference borrows, past '~' the sum carries, past 0x7f the byte has the bit itself.
    if (((eight - kOnes * ' ') | eight | (eight + kOnes)) & kHigh) return false;
  }
  for (; i < text.size(); ++i) {
    if (text[i] < ' ' || text[i] > '~') return false;
  }
  return true;
}

void add_field(std::string& text, std::string_view field, const ByteSet& escaped) {
  text += '|';
  for (;;) {
    const std::size_t plain = std::min(escaped.find(field), field.size());
    text.append(field, 0, plain);
    if (plain == field.size()) return;
    text += '\\';
    text += field[plain];
    field.remove_prefix(plain + 1);
  }
}

std::string clean(std::string_view text, std::size_t max) {
  const bool was_cut = text.size() > max;
  text = text.substr(0, max);
  // A character that the cut went through is dropped, not turned into question marks.
  if (was_cut) {
    std::size_t tail = text.size();
    while (tail > 0 && text.size() - tail < 3 && (static_cast<unsigned char>(text[tail - 1]) & 0xc0) == 0x80)
      --tail;
    if (tail > 0 && utf8_length(static_cast<unsigned char>(text[tail - 1])) > text.size() - tail + 1) {
      text = text.substr(0, tail - 1);
    }
  }
  std::string out(text);
  if (is_plain(text)) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if (byte >= 0x20 && byte < 0x7f) continue;
    const std::size_t length = byte < 0x80 ? 0 : utf8_at(out, i);
    if (length == 0) {
      out[i] = '?';
    } else {
      i += length - 1;
    }
  }
  return out;
}

}  // namespace fuzzmill::workers
