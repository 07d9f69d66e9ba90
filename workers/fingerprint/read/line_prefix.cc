#include "workers/fingerprint/read/line_prefix.h"

#include <algorithm>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxPrefix = 256;

bool is_number_place(char c) { return is_digit(c) || c == ' '; }

}  // namespace

void LinePrefix::learn(std::string_view line, std::size_t size) {
  prefix_.assign(size > kMaxPrefix ? std::string_view() : line.substr(0, size));
}

std::string_view LinePrefix::strip(std::string_view line) const {
  if (prefix_.empty()) return line;
  const std::size_t size = std::min(prefix_.size(), line.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (line[i] != prefix_[i] && !(is_number_place(line[i]) && is_number_place(prefix_[i]))) return line;
  }
  return line.substr(size);
}

}  // namespace fuzzmill::workers
