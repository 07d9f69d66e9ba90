// A smaller and simpler input that does the same. Pure: what "the same" is, somebody else finds out.
//
//   Minimiser m(bytes, limits);
//   while (auto candidate = m.candidate()) m.answer(does_the_same(*candidate));
//   m.best();
//
// Pieces are left out, from halves down to single bytes and from the end to the front (inputs are read from
// the front, so the end is what a target most often never reached); then what stays is made plain, '0' for
// each byte that does not matter. The last candidate is the best one again: when that is not the same, what
// we were told cannot be trusted, and the best is the input we were given. Not thread safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace fuzzmill::producers {

struct MinimiseLimits {
  std::size_t tries = 1000;
  std::size_t passes = 4;  // of leaving out single bytes, while that helps
};

class Minimiser {
 public:
  Minimiser(std::string bytes, const MinimiseLimits& limits);

  // The next to try; the same one until it is answered. Nothing: done.
  const std::optional<std::string>& candidate() const { return candidate_; }
  // REQUIRES candidate().
  void answer(bool same);
  // Ends the search where it is; the candidate is then the one that confirms the best, or nothing.
  void finish();

  const std::string& best() const { return best_; }
  bool smaller() const { return best_ != original_; }
  std::size_t tries() const { return tries_; }

 private:
  enum class Phase { kLeaveOut, kMakePlain, kConfirm, kDone };
  void next();
  bool next_without();
  bool next_plain();
  void start_pass(std::size_t piece);

  MinimiseLimits limits_;
  std::string original_, best_;
  std::optional<std::string> candidate_;
  Phase phase_ = Phase::kLeaveOut;
  std::size_t piece_ = 0;  // bytes of one step
  std::size_t end_ = 0;    // the piece to try is the one that ends here
  std::size_t tries_ = 0, passes_ = 0;
  bool helped_ = false;  // in this pass
};

}  // namespace fuzzmill::producers
