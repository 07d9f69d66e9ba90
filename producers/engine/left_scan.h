// Reads a line or a file name piece by piece from its left. What does not fit leaves the rest as it was.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fuzzmill::producers {

class LeftScan {
 public:
  explicit LeftScan(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty(); }

  bool take(std::string_view literal) {
    if (rest_.substr(0, literal.size()) != literal) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }

  // Digits only: no sign, no blank before it, no overflow.
  std::optional<std::uint64_t> number(int base = 10) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  // A literal with a number behind it: both or neither.
  std::optional<std::uint64_t> number_after(std::string_view literal, int base = 10) {
    const auto before = rest_;
    if (take(literal)) {
      if (const auto value = number(base)) return value;
    }
    rest_ = before;
    return std::nullopt;
  }

  // Up to one of `stops`, which stays, or up to the end.
  std::string_view until(std::string_view stops) {
    const auto piece = rest_.substr(0, rest_.find_first_of(stops));
    rest_.remove_prefix(piece.size());
    return piece;
  }
  void skip_blanks() { rest_.remove_prefix(rest_.size() - trimmed_left(rest_).size()); }

  static std::string_view trimmed_left(std::string_view text) {
    const auto at = text.find_first_not_of(" \t");
    return at == std::string_view::npos ? text.substr(text.size()) : text.substr(at);
  }

 private:
  std::string_view rest_;
};

// All of the text is one number.
inline std::optional<std::uint64_t> whole_number(std::string_view text, int base = 10) {
  LeftScan scan(text);
  const auto value = scan.number(base);
  return value && scan.done() ? value : std::nullopt;
}

}  // namespace fuzzmill::producers
