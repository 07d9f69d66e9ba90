// Cuts what comes in pieces into lines of bounded length.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

class LineCutter {
 public:
  explicit LineCutter(std::size_t line_bytes = 16 * 1024) : limit_(line_bytes) {}

  // Calls `take(std::string_view line)` for each whole line; what is over the bound of one is left out.
  template <class Take>
  void feed(std::string_view chunk, Take&& take) {
    while (!chunk.empty()) {
      const auto end = chunk.find('\n');
      line_.append(chunk.substr(0, std::min(end, chunk.size())).substr(0, limit_ - line_.size()));
      if (end == std::string_view::npos) return;
      give(take);
      chunk.remove_prefix(end + 1);
    }
  }
  // The text ended: what was begun is a line too.
  template <class Take>
  void finish(Take&& take) {
    if (!line_.empty()) give(take);
  }
  void forget() { line_.clear(); }

 private:
  template <class Take>
  void give(Take&& take) {
    std::string_view line = line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    take(line);
    line_.clear();
  }

  std::size_t limit_;
  std::string line_;
};

}  // namespace fuzzmill::producers
