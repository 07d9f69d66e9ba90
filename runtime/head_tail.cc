#include "runtime/head_tail.h"

#include <fmt/format.h>

#include <algorithm>

namespace fuzzmill::runtime {

void HeadTail::add(std::string_view bytes) {
  total_ += bytes.size();
  const auto first = std::min(head_limit_ - head_.size(), bytes.size());
  head_.append(bytes.substr(0, first));
  bytes.remove_prefix(first);
  if (bytes.size() >= tail_limit_) {
    tail_.assign(bytes.substr(bytes.size() - tail_limit_));
    return;
  }
  tail_.append(bytes);
  // Cut only at twice the bound: each byte is moved once on average, however small the pieces are.
  if (tail_.size() > 2 * tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
}

std::string HeadTail::text() const {
  const auto kept = std::min(tail_.size(), tail_limit_);
  const std::uint64_t left_out = total_ - head_.size() - kept;
  std::string all = head_;
  if (left_out > 0) all += fmt::format("\n[... {} bytes left out ...]\n", left_out);
  all.append(tail_, tail_.size() - kept);
  return all;
}

}  // namespace fuzzmill::runtime
