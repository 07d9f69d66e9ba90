#include "workers/fingerprint/read/text_pool.h"

#include <algorithm>
#include <cstring>

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kFirstBlock = 2048;  // bytes: the names of a usual stack
constexpr std::size_t kMostBlock = 64 * 1024;

}  // namespace

std::string_view TextPool::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > left_) {
    const std::size_t wanted = std::min(kFirstBlock << std::min<std::size_t>(blocks_.size(), 5), kMostBlock);
    left_ = std::max(wanted, text.size());
    blocks_.emplace_back(new char[left_]);
    bytes_ += left_;
    free_ = blocks_.back().get();
  }
  std::memcpy(free_, text.data(), text.size());
  const std::string_view kept(free_, text.size());
  free_ += text.size();
  left_ -= text.size();
  return kept;
}

}  // namespace fuzzmill::workers
