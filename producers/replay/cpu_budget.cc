#include "producers/replay/cpu_budget.h"

#include <algorithm>

namespace fuzzmill::producers {
namespace {

constexpr double kBurst = 0.1;   // of a window's spending, at once
constexpr double kEnough = 0.1;  // CPU seconds in the bucket, for a start

}  // namespace

CpuBudget::CpuBudget(const CpuBudgetOptions& options, Time now)
    : rate_((1 - kBurst) * options.share),
      capacity_(kBurst * options.share * static_cast<double>(options.window.count())),
      left_(capacity_),
      filled_(now) {}

void CpuBudget::refill(Time now) {
  if (now <= filled_) return;
  left_ = std::min(capacity_, left_ + rate_ * std::chrono::duration<double>(now - filled_).count());
  filled_ = now;
}

bool CpuBudget::may_start(Time now) {
  refill(now);
  return rate_ <= 0 || left_ >= std::min(kEnough, capacity_);
}

CpuBudget::Time CpuBudget::next(Time now) {
  if (may_start(now)) return now;
  const std::chrono::duration<double> wait((std::min(kEnough, capacity_) - left_) / rate_);
  return now + std::chrono::ceil<std::chrono::milliseconds>(wait);
}

void CpuBudget::charge(std::chrono::milliseconds cpu, Time now) {
  refill(now);
  left_ -= std::chrono::duration<double>(cpu).count();
}

}  // namespace fuzzmill::producers
