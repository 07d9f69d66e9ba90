// A text of lines that keeps its head and its tail when it grows over a bound: a report says what happened at
// its start and how it ended at its end; the thousands of frames between may go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

class BoundedText {
 public:
  BoundedText(std::size_t head_bytes, std::size_t tail_bytes)
      : head_limit_(head_bytes), tail_limit_(tail_bytes) {}

  void add_line(std::string_view line);

  bool empty() const { return head_.empty(); }
  bool truncated() const { return left_out_ > 0; }

  // The lines, each ended by a newline, with a mark where lines were left out.
  std::string text() const;

 private:
  std::size_t head_limit_, tail_limit_;
  std::string head_;
  bool head_full_ = false;
  std::deque<std::string> tail_;
  std::size_t tail_bytes_ = 0;
  std::uint64_t left_out_ = 0;  // bytes
};

}  // namespace fuzzmill::producers
