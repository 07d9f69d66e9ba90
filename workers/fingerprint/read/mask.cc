#include "workers/fingerprint/read/mask.h"

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

// End of the number that begins at `at`.
std::size_t number_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  if (text.substr(at).starts_with("0x") && at + 2 < text.size() && is_hex(text[at + 2])) {
    end = at + 2;
    while (end < text.size() && is_hex(text[end])) ++end;
    return end;
  }
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  if (end + 2 < text.size() && text[end] == 'e' && (text[end + 1] == '+' || text[end + 1] == '-') &&
      is_digit(text[end + 2])) {
    end += 2;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  return end;
}

}  // namespace

std::string mask_numbers(std::string_view message) {
  // What is looked at is bounded before the work, what is kept after it: masking only shortens.
  const std::string text = clean(trim(message), 4 * kMaxMessageText);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' && text.compare(i, 6, " (aka ") == 0) {
      const std::size_t close = text.find(')', i);
      if (close != std::string::npos) {
        i = close;
        continue;
      }
    }
    if (is_digit(c) && (i == 0 || !is_word(text[i - 1]))) {
      const std::size_t end = number_end(text, i);
      if (end == text.size() || !is_word(text[end])) {
        // A minus is a sign, not an operator, where nothing stands before it.
        if (!out.empty() && out.back() == '-' &&
            (out.size() == 1 || out[out.size() - 2] == ' ' || out[out.size() - 2] == '(')) {
          out.pop_back();
        }
        out += 'N';
        i = end - 1;
        continue;
      }
      out.append(text, i, end - i);
      i = end - 1;
      continue;
    }
    if (c != '\'' && c != '"' && c != '`') out += c;
  }
  if (out.size() > kMaxMessageText) out = clean(out, kMaxMessageText);
  return out;
}

}  // namespace fuzzmill::workers
