#include "workers/fingerprint/read/mask.h"

#include <algorithm>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMinBareHex = 8;  // digits of a number that says by no prefix that it is one
constexpr std::size_t kMaxUnit = 2;     // letters that may follow a number: "10ms"

struct Spelling {
  std::string_view theirs;
  std::string_view ours;
};

// gcc's and clang's names for one thing; longer ones first.
constexpr Spelling kSpellings[] = {
    {"long long unsigned int", "unsigned long long"},
    {"long long int", "long long"},
    {"long unsigned int", "unsigned long"},
    {"short unsigned int", "unsigned short"},
    {"long int", "long"},
    {"short int", "short"},
    {"struct ", ""},
    {"class ", ""},
    {"union ", ""},
    {"enum ", ""},
    {"a __builtin_unreachable() call", "an unreachable program point"},
    {"inf", "N"},
    {"nan", "N"},
};

void skip_digits(std::string_view text, std::size_t& at) {
  while (at < text.size() && is_digit(text[at])) ++at;
}

// End of the number that begins at `at`.
std::size_t number_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  if (text.substr(at).starts_with("0x") && at + 2 < text.size() && is_hex(text[at + 2])) {
    end = at + 2;
    while (end < text.size() && is_hex(text[end])) ++end;
    return end;
  }
  skip_digits(text, end);
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    skip_digits(text, end);
  }
  if (end + 2 < text.size() && text[end] == 'e' && (text[end + 1] == '+' || text[end + 1] == '-') &&
      is_digit(text[end + 2])) {
    end += 2;
    skip_digits(text, end);
  }
  return end;
}

class Masker {
 public:
  Masker(std::string_view text, bool quotes_are_data) : text_(text), quotes_are_data_(quotes_are_data) {
    out_.reserve(text.size());
  }

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  bool after_word() const { return at_ > 0 && is_word(text_[at_ - 1]); }
  bool ends_word(std::size_t end) const { return end >= text_.size() || !is_word(text_[end]); }

  void step() {
    const char c = text_[at_];
    if (c == '\'' || c == '"' || c == '`') return on_quote(c);
    if (c == ' ') return on_blank();
    if (!after_word() && is_word(c)) {
      if (is_hex(c) && take_bare_hex()) return;
      return is_digit(c) ? on_number() : on_word();
    }
    out_ += c;
    ++at_;
  }

  void on_blank() {
    if (text_.substr(at_).starts_with(" (aka ")) {
      const std::size_t close = text_.find(')', at_);
      if (close != std::string_view::npos) {
        at_ = close + 1;
        return;
      }
    }
    if (text_.substr(at_).starts_with(" [")) {  // "int [4]"
      ++at_;
      return;
    }
    out_ += ' ';
    ++at_;
  }

  // A minus is a sign, not an operator, where nothing stands before it.
  void put_number() {
    if (!out_.empty() && out_.back() == '-' &&
        (out_.size() == 1 || out_[out_.size() - 2] == ' ' || out_[out_.size() - 2] == '(')) {
      out_.pop_back();
    }
    out_ += 'N';
  }

  void on_number() {
    const std::size_t end = number_end(text_, at_);
    std::size_t unit = end;
    while (unit < text_.size() && unit - end <= kMaxUnit && is_word(text_[unit]) && !is_digit(text_[unit]))
      ++unit;
    if (ends_word(unit) && unit - end <= kMaxUnit) {
      put_number();
    } else {
      out_.append(text_, at_, end - at_);
    }
    at_ = end;
  }

  bool take_bare_hex() {
    std::size_t end = at_;
    bool digit = false;
    for (; end < text_.size() && is_hex(text_[end]); ++end) digit = digit || is_digit(text_[end]);
    if (!digit || end - at_ < kMinBareHex || !ends_word(end)) return false;
    put_number();
    at_ = end;
    return true;
  }

  void on_word() {
    for (const Spelling& row : kSpellings) {
      if (text_[at_] != row.theirs.front() || !text_.substr(at_).starts_with(row.theirs)) continue;
      if (row.theirs.back() != ' ' && !ends_word(at_ + row.theirs.size())) continue;
      if (row.ours == "N") {
        put_number();
      } else {
        out_ += row.ours;
      }
      at_ += row.theirs.size();
      return;
    }
    while (at_ < text_.size() && is_word(text_[at_])) out_ += text_[at_++];
  }

  // "can't" holds no quote, "'x'" does.
  void on_quote(char quote) {
    if (quote == '\'' && after_word() && at_ + 1 < text_.size() && is_word(text_[at_ + 1])) {
      out_ += quote;
      ++at_;
      return;
    }
    if (quotes_are_data_ && !after_word()) {
      const char closer = quote == '`' ? '\'' : quote;
      std::size_t end = text_.find(closer, at_ + 1);
      if (end == std::string_view::npos && quote == '`') end = text_.find('`', at_ + 1);
      if (end != std::string_view::npos) {
        out_ += 'S';
        at_ = end + 1;
        return;
      }
      quotes_are_data_ = false;  // nothing closes: looking again would not be linear
    }
    ++at_;
  }

  std::string_view text_;
  bool quotes_are_data_;
  std::string out_;
  std::size_t at_ = 0;
};

std::string mask(std::string_view message, bool quotes_are_data) {
  // What is looked at is bounded before the work, what is kept after it: masking only shortens, but for
  // the one spelling that lengthens.
  const std::string text = clean(trim(message), 4 * kMaxMessageText);
  std::string out = Masker(text, quotes_are_data).run();
  if (out.size() > kMaxMessageText) out = clean(out, kMaxMessageText);
  return out;
}

}  // namespace

std::string mask_numbers(std::string_view message) { return mask(message, false); }
std::string mask_data(std::string_view message) { return mask(message, true); }

}  // namespace fuzzmill::workers
