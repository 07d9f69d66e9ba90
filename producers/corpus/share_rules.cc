#include "producers/corpus/share_rules.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace fuzzmill::producers {

std::uint64_t ShareBudget::left(Time now) {
  const auto full = static_cast<double>(a_minute_);
  if (!begun_) {
    level_ = full, filled_ = now, begun_ = true;
  } else if (now > filled_) {
    const double minutes = std::chrono::duration<double>(now - filled_).count() / 60;
    level_ = std::min(full, level_ + minutes * full);
    filled_ = now;
  }
  return level_ < 1 ? 0 : static_cast<std::uint64_t>(level_);
}

void ShareBudget::spend(std::uint64_t bytes, Time now) {
  left(now);
  level_ -= static_cast<double>(bytes);
}

bool SeenNames::contains(std::string_view name) const {
  return std::binary_search(sorted_.begin(), sorted_.end(), std::hash<std::string_view>{}(name));
}

void SeenNames::add(std::string_view name) { fresh_.push_back(std::hash<std::string_view>{}(name)); }

void SeenNames::settle() {
  if (fresh_.empty()) return;
  std::sort(fresh_.begin(), fresh_.end());
  const auto middle = static_cast<std::ptrdiff_t>(sorted_.size());
  sorted_.insert(sorted_.end(), fresh_.begin(), fresh_.end());
  std::inplace_merge(sorted_.begin(), sorted_.begin() + middle, sorted_.end());
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
  fresh_ = {};
}

std::uint64_t ForeignInputs::key(const schema::Sha256& input) {
  std::uint64_t key = 0;
  std::memcpy(&key, input.data(), sizeof key);
  return key;
}

bool ForeignInputs::contains(const schema::Sha256& input) const { return known_.contains(key(input)); }

void ForeignInputs::add(const schema::Sha256& input) {
  if (!known_.insert(key(input)).second) return;
  order_.push_back(key(input));
  if (order_.size() <= limit_) return;
  known_.erase(order_.front());
  order_.pop_front();
}

}  // namespace fuzzmill::producers
