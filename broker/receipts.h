// What was told to each key and not heard yet. A peer that asks and does not read would make its broker keep
// every answer: each TELL has a random mark, the next ASK on the same connection says the last mark that was
// heard, and a key with too much unheard is told nothing more until it has heard, or so long passed that its
// connection is gone. Pure but for the marks, which the caller makes. Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace fuzzmill::broker {

class Receipts {
 public:
  static constexpr std::size_t kMostBytes = 16u << 20;
  static constexpr std::size_t kMostTells = 256;
  static constexpr std::uint64_t kForgetMs = 600'000;

  struct Tell {
    std::string peer;        // the connection
    std::uint64_t mark = 0;  // REQUIRES: not 0, and nobody can guess it
    std::size_t bytes = 0;
    std::uint64_t time_ms = 0;
  };
  void told(const std::string& key, Tell tell) { unheard_[key].push_back(std::move(tell)); }

  // Whoever heard an answer heard those before it on that connection, too.
  void heard(const std::string& key, std::uint64_t mark) {
    const auto found = unheard_.find(key);
    if (found == unheard_.end()) return;
    std::deque<Tell>& tells = found->second;
    std::size_t last = 0;
    while (last < tells.size() && tells[last].mark != mark) ++last;
    if (last == tells.size()) return;
    const std::string peer = tells[last].peer;
    for (std::size_t i = last + 1; i-- > 0;) {
      if (tells[i].peer == peer) tells.erase(tells.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (tells.empty()) unheard_.erase(found);
  }

  bool may_tell(const std::string& key, std::uint64_t now_ms) {
    const auto found = unheard_.find(key);
    if (found == unheard_.end()) return true;
    std::deque<Tell>& tells = found->second;
    while (!tells.empty() && tells.front().time_ms + kForgetMs <= now_ms) tells.pop_front();
    std::size_t bytes = 0;
    for (const Tell& tell : tells) bytes += tell.bytes;
    const bool may = tells.size() < kMostTells && bytes <= kMostBytes;
    if (tells.empty()) unheard_.erase(found);
    return may;
  }

 private:
  std::map<std::string, std::deque<Tell>> unheard_;  // by key, oldest first
};

}  // namespace fuzzmill::broker
