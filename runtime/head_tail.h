// Bytes of which the head and the tail are kept when they grow over a bound: a program that floods its output
// says at its start what it is and at its end how it died.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzzmill::runtime {

class HeadTail {
 public:
  // Keeps at most `head` + `tail` bytes; holds at most twice the tail more while it is fed.
  HeadTail(std::size_t head, std::size_t tail) : head_limit_(head), tail_limit_(tail) {}

  void add(std::string_view bytes);

  std::uint64_t total() const { return total_; }  // bytes ever added
  bool truncated() const { return total_ > head_limit_ + tail_limit_; }

  // What was kept, with a line between head and tail that says how much was left out.
  std::string text() const;

 private:
  std::size_t head_limit_, tail_limit_;
  std::string head_, tail_;
  std::uint64_t total_ = 0;
};

}  // namespace fuzzmill::runtime
