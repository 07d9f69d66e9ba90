// Reading hostile text: lines without their decoration, and small steps over a string_view.
// Every step is linear in what it consumes and nothing here throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::workers {

// The lines of a text: endings (LF, CRLF) and ANSI escape sequences removed, cut at kMaxLineSize.
// A line is valid until the next call.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool next(std::string_view& line);
  bool last_was_cut_off() const { return cut_off_; }  // the last line had no line ending

 private:
  std::string_view rest_;
  std::string scratch_;
  bool cut_off_ = false;
};

bool is_digit(char c);
bool is_hex(char c);
bool is_word(char c);  // letter, digit, underscore or dollar: may stand in an identifier

std::string_view trim(std::string_view text);
bool contains(std::string_view text, std::string_view part);
bool consume(std::string_view& text, std::string_view prefix);
void skip_blanks(std::string_view& text);

// Decimal digits, or "0x" and hex digits, taken from the front. Nothing is taken when there is none
// or when it does not fit.
std::optional<std::uint64_t> take_number(std::string_view& text);
std::optional<std::uint64_t> take_hex(std::string_view& text);

// What stands after the first `marker`, or nothing.
std::optional<std::string_view> after(std::string_view text, std::string_view marker);
// What stands before the first `marker`; all of it when there is none.
std::string_view before(std::string_view text, std::string_view marker);

// Tells in one pass whether a line may hold one of some words (of at least four bytes): it looks for
// their first four bytes only, so it may say yes in vain but never no in vain.
class WordFilter {
 public:
  template <std::size_t N>
  constexpr explicit WordFilter(const std::string_view (&words)[N]) {
    for (std::string_view word : words) {
      std::uint32_t four = 0;
      for (int i = 0; i < 4; ++i)
        four |= static_cast<std::uint32_t>(static_cast<unsigned char>(word[i])) << (8 * i);
      bits_[slot(four) / 64] |= std::uint64_t{1} << (slot(four) % 64);
    }
  }

  bool may_match(std::string_view line) const;

 private:
  static constexpr std::uint32_t kSlots = 16384;
  static constexpr std::uint32_t slot(std::uint32_t four) { return (four * 2654435761u) >> 18; }

  std::uint64_t bits_[kSlots / 64] = {};
};

// At most `max` bytes of text as valid UTF-8 without control characters; what is neither becomes '?'.
std::string clean(std::string_view text, std::size_t max);

}  // namespace fuzzmill::workers
