#include "workers/fingerprint/group/race.h"

#include "workers/fingerprint/group/evidence.h"

namespace fuzzmill::workers {
namespace {

using Side = std::vector<Site>;

// How much of one side of a race is as on a side of the other.
enum class Match { kNone, kAccess, kAccessAndCaller };

bool columns_differ(const Site& a, const Site& b) {
  return a.column != 0 && b.column != 0 && a.column != b.column;
}

Match match(const Side& a, const Side& b) {
  if (!same_first(a, b) || columns_differ(a[0], b[0])) return Match::kNone;
  // A thread's own function has no caller.
  if (a.size() == 1 || b.size() == 1 || same_function(a[1], b[1])) return Match::kAccessAndCaller;
  return Match::kAccess;
}

bool same_column(const Side& a, const Side& b) { return a[0].column != 0 && a[0].column == b[0].column; }

// `near` of one race with `near` of the other, and what is left with what is left.
bool pairs(const Side& a_near, const Side& b_near, const Side& a_far, const Side& b_far) {
  if (match(a_near, b_near) != Match::kAccessAndCaller) return false;
  // The other access is a helper's, for two callers: of one memory only if the near access tells that it is.
  return match(a_far, b_far) != Match::kAccess || same_column(a_near, b_near);
}

bool known(const std::string& variable) { return !variable.empty() && variable != kThreadStack; }

// Both know what they race for, and it is not the same.
bool differ(const Face& a, const Face& b) {
  if (!a.variable.empty() && !b.variable.empty()) return a.variable != b.variable;
  if (!a.allocated.empty() && !b.allocated.empty()) return !same_function(a.allocated[0], b.allocated[0]);
  return (!a.variable.empty() && !b.allocated.empty()) || (!b.variable.empty() && !a.allocated.empty());
}

}  // namespace

// One unguarded access races with every other: what two races have in common is the bug.
std::string_view same_race(const Face& a, const Face& b) {
  if (known(a.variable) && a.variable == b.variable) return "They race for the same variable.";
  // What else a race detector finds, misuse of locks, has one culprit only.
  if (a.kind != "data-race" || b.kind != "data-race") {
    return a.kind == b.kind && same_first(a.stack, b.stack) ? "They misuse a lock at the same place."
                                                            : std::string_view();
  }
  if (differ(a, b)) return {};
  for (const auto& [a_near, a_far] :
       {std::pair(&a.stack, &a.other_side), std::pair(&a.other_side, &a.stack)}) {
    for (const auto& [b_near, b_far] :
         {std::pair(&b.stack, &b.other_side), std::pair(&b.other_side, &b.stack)}) {
      if (pairs(*a_near, *b_near, *a_far, *b_far)) return "The same access races.";
    }
  }
  return {};
}

}  // namespace fuzzmill::workers
