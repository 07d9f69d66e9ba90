#include "producers/replay/minimise.h"

#include <algorithm>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr char kPlain = '0';

}  // namespace

Minimiser::Minimiser(std::string bytes, const MinimiseLimits& limits)
    : limits_(limits), original_(std::move(bytes)), best_(original_) {
  start_pass(std::max<std::size_t>(1, best_.size() / 2));
  next();
}

void Minimiser::start_pass(std::size_t piece) {
  piece_ = piece;
  end_ = best_.size();
  helped_ = false;
}

void Minimiser::answer(bool same) {
  ++tries_;
  if (phase_ == Phase::kConfirm) {
    if (!same) best_ = original_;
    phase_ = Phase::kDone;
    candidate_.reset();
    return;
  }
  if (same) best_ = std::move(*candidate_), helped_ = true;
  candidate_.reset();
  if (tries_ >= limits_.tries) {
    finish();
  } else {
    next();
  }
}

void Minimiser::finish() {
  if (phase_ == Phase::kConfirm || phase_ == Phase::kDone) return;
  phase_ = smaller() ? Phase::kConfirm : Phase::kDone;
  candidate_ = smaller() ? std::optional(best_) : std::nullopt;
}

void Minimiser::next() {
  if (phase_ == Phase::kLeaveOut) {
    if (next_without()) return;
    phase_ = Phase::kMakePlain;
    start_pass(std::max<std::size_t>(1, best_.size()));
  }
  if (phase_ == Phase::kMakePlain && next_plain()) return;
  finish();
}

// Prepares the next candidate of a piece left out; false when there is none left to try.
bool Minimiser::next_without() {
  while (true) {
    end_ = std::min(end_, best_.size());
    if (end_ > 0) {
      const auto begin = end_ - std::min(piece_, end_);
      candidate_ = best_.substr(0, begin) + best_.substr(end_);
      end_ = begin;
      return true;
    }
    if (piece_ > 1) {
      start_pass(piece_ / 2);
    } else {
      // Without one byte another may have become needless.
      if (!helped_ || ++passes_ >= limits_.passes) return false;
      start_pass(1);
    }
  }
}

bool Minimiser::next_plain() {
  while (true) {
    while (end_ > 0) {
      const auto begin = end_ - std::min(piece_, end_);
      std::string plain = best_;
      std::fill(plain.begin() + static_cast<std::ptrdiff_t>(begin),
                plain.begin() + static_cast<std::ptrdiff_t>(end_), kPlain);
      end_ = begin;
      if (plain == best_) continue;  // it is already
      candidate_ = std::move(plain);
      return true;
    }
    if (piece_ == 1) return false;
    start_pass(piece_ / 2);
  }
}

}  // namespace fuzzmill::producers
