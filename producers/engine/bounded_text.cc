#include "producers/engine/bounded_text.h"

#include <fmt/format.h>

namespace fuzzmill::producers {

void BoundedText::add_line(std::string_view line) {
  if (!head_full_ && head_.size() + line.size() + 1 <= head_limit_) {
    head_.append(line).push_back('\n');
    return;
  }
  head_full_ = true;  // a later, shorter line must not jump the queue
  tail_.emplace_back(line);
  tail_bytes_ += line.size() + 1;
  while (tail_bytes_ > tail_limit_ && !tail_.empty()) {
    const std::size_t size = tail_.front().size() + 1;
    tail_bytes_ -= size, left_out_ += size;
    tail_.pop_front();
  }
}

std::string BoundedText::text() const {
  std::string all = head_;
  if (left_out_ > 0) all += fmt::format("[... {} bytes left out ...]\n", left_out_);
  for (const auto& line : tail_) all.append(line).push_back('\n');
  return all;
}

}  // namespace fuzzmill::producers
