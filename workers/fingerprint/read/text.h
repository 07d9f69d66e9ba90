// Reading hostile text: lines without their decoration, and small steps over a string_view.
// Every step is linear in what it consumes and nothing here throws.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fuzzmill::workers {

// The lines of a text: endings (LF, CRLF) and ANSI escape sequences removed, cut at kMaxLineSize.
// A line is valid until the next call.
class LineReader {
 public:
  explicit LineReader(std::string_view text);

  bool next(std::string_view& line);
  bool last_was_cut_off() const { return cut_off_; }  // the last line had no line ending
  // The bytes of the text that the line was, with its ending.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return text_.size() - rest_.size(); }

 private:
  std::string_view text_;
  std::string_view rest_;
  std::string scratch_;
  bool has_escapes_ = false;
  std::size_t begin_ = 0;
  bool cut_off_ = false;
};

// These are asked of every byte or line, so they stand here to be inlined.
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Letter, digit, underscore or dollar: may stand in an identifier.
inline bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

inline std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline bool consume(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// As text.rfind(c), sixteen bytes at a time.
inline std::size_t find_last(std::string_view text, char c) {
  if (text.empty()) return std::string_view::npos;  // its pointer may be null, which memrchr() does not take
  const void* at = ::memrchr(text.data(), c, text.size());
  return at == nullptr ? std::string_view::npos
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

// What stands behind the last '/' or '\\'.
inline std::string_view file_name(std::string_view path) {
  std::size_t at = path.size();
  while (at > 0 && path[at - 1] != '/' && path[at - 1] != '\\') --at;
  return path.substr(at);
}

inline void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

// Decimal digits, or "0x" and hex digits, taken from the front. Nothing is taken when there is none
// or when it does not fit.
std::optional<std::uint64_t> take_number(std::string_view& text);
std::optional<std::uint64_t> take_hex(std::string_view& text);

// What stands after the first `marker`, or nothing.
std::optional<std::string_view> after(std::string_view text, std::string_view marker);
// What stands before the first `marker`; all of it when there is none.
std::string_view before(std::string_view text, std::string_view marker);

// Bytes to look for: one pass with a look into a table, where find_first_of() searches its list for each
// byte.
class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view bytes) {
    for (char c : bytes) has_[static_cast<unsigned char>(c)] = true;
  }

  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

  // The first of them at or after `from`, or npos.
  std::size_t find(std::string_view text, std::size_t from = 0) const {
    for (std::size_t at = from; at < text.size(); ++at) {
      if (has(text[at])) return at;
    }
    return std::string_view::npos;
  }

 private:
  bool has_[256] = {};
};

// Adds '|' and the field, a '\\' before each of the bytes `escaped`.
void add_field(std::string& text, std::string_view field, const ByteSet& escaped);

// Finds many words in one pass over a line: which of several readers want it, or the first row of a table
// that it contains. Words have at least five bytes, so that one of two neighbouring places of the line shows
// four of them: every other place is looked at. Words whose first five bytes are rare make it fast.
class WordFilter {
 public:
  using Mask = std::uint16_t;
  struct Word {
    std::string_view text;
    Mask mask;
  };

  constexpr WordFilter() = default;

  template <std::size_t N>
  constexpr explicit WordFilter(const Word (&words)[N]) {
    for (const Word& word : words) add(word);
  }

  template <std::size_t N>
  constexpr void add(const std::string_view (&words)[N], Mask mask) {
    for (std::string_view word : words) add({word, mask});
  }

  // Words that are too short or too many: of a filter that is a constant they do not compile, of any other
  // std::length_error is thrown.
  constexpr void add(const Word& word) {
    if (word.text.size() <= 4 || count_ + 2 > kMaxEntries)
      throw std::length_error("a word filter's words: too short or too many");
    for (std::uint8_t skipped = 0; skipped < 2; ++skipped) {
      std::uint32_t four = 0;
      for (std::size_t i = 0; i < 4; ++i)
        four |= static_cast<std::uint32_t>(static_cast<unsigned char>(word.text[skipped + i])) << (8 * i);
      ++count_;
      entries_[count_] = {word, skipped, first_[slot(four)]};
      first_[slot(four)] = static_cast<std::uint16_t>(count_);
      bits_[slot(four) / 64] |= std::uint64_t{1} << (slot(four) % 64);
    }
  }

  // Calls found(mask, where it begins) for each word in the line, from left to right.
  template <class Found>
  void each(std::string_view line, Found found) const {
    static_assert(std::endian::native == std::endian::little, "add() and this put bytes together alike");
    for (std::size_t i = 0; i + 4 <= line.size(); i += 2) {
      std::uint32_t four = 0;
      std::memcpy(&four, line.data() + i, 4);
      const std::uint32_t at = slot(four);
      if (((bits_[at / 64] >> (at % 64)) & 1) == 0) continue;
      for (std::uint16_t next = first_[at]; next != 0; next = entries_[next].next) {
        const Entry& entry = entries_[next];
        if (i < entry.skipped || !line.substr(i - entry.skipped).starts_with(entry.word.text)) continue;
        found(entry.word.mask, i - entry.skipped);
      }
    }
  }

  // The masks of all words in the line.
  Mask readers_of(std::string_view line) const {
    Mask readers = 0;
    each(line, [&](Mask mask, std::size_t) { readers |= mask; });
    return readers;
  }

 private:
  struct Entry {
    Word word;
    std::uint8_t skipped = 0;  // bytes of the word before the four that its slot is of
    std::uint16_t next = 0;    // entry of the same slot; 0: none
  };
  static constexpr std::uint32_t kSlots = 16384;
  static constexpr std::size_t kMaxEntries = 511;
  static constexpr std::uint32_t slot(std::uint32_t four) { return (four * 2654435761u) >> 18; }

  std::uint64_t bits_[kSlots / 64] = {};  // small enough to stay in the cache; the rest is for a set bit
  std::uint16_t first_[kSlots] = {};      // entry of a slot; 0: none
  Entry entries_[kMaxEntries + 1] = {};
  std::size_t count_ = 0;
};

// True for printable ASCII and nothing else: clean() changes nothing of it.
bool is_plain(std::string_view text);

// At most `max` bytes of text as valid UTF-8 without control characters; what is neither becomes '?'.
std::string clean(std::string_view text, std::size_t max);

}  // namespace fuzzmill::workers
