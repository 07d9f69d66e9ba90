// The rules of sharing inputs between nodes, without any I/O: how much may travel, what is new, and what
// must not travel back. Pure: the time is an argument. Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "schema/digest.h"

namespace fuzzmill::producers {

// So many bytes a minute, at once or spread; what was not used is not saved up for longer than a minute.
class ShareBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit ShareBudget(std::uint64_t bytes_a_minute) : a_minute_(bytes_a_minute) {}

  std::uint64_t left(Time now);
  // May overdraw with one input; then nothing is left until that is paid for.
  void spend(std::uint64_t bytes, Time now);

 private:
  std::uint64_t a_minute_;
  double level_ = 0;
  std::chrono::steady_clock::time_point filled_{};
  bool begun_ = false;
};

// The names that were seen: 8 bytes each, so that two names of a very large corpus may be taken for one.
class SeenNames {
 public:
  bool contains(std::string_view name) const;
  void add(std::string_view name);
  // After a look: makes contains() fast for what was added since.
  void settle();
  std::size_t size() const { return sorted_.size() + fresh_.size(); }
  void clear() { sorted_.clear(), fresh_.clear(); }

 private:
  std::vector<std::uint64_t> sorted_, fresh_;
};

// The inputs that came from other nodes: what is in it never goes out again. The oldest are forgotten; then
// the broker's own memory still refuses them.
class ForeignInputs {
 public:
  explicit ForeignInputs(std::size_t limit = 65'536) : limit_(limit) {}
  bool contains(const schema::Sha256& input) const;
  void add(const schema::Sha256& input);

 private:
  static std::uint64_t key(const schema::Sha256& input);
  std::size_t limit_;
  std::unordered_set<std::uint64_t> known_;
  std::deque<std::uint64_t> order_;
};

}  // namespace fuzzmill::producers
