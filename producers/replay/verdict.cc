#include "producers/replay/verdict.h"

#include <algorithm>
#include <array>

namespace fuzzmill::producers {
namespace {

using std::chrono::milliseconds;

struct KindMeaning {
  std::string_view artifact_kind;
  Expectation::Kind kind;
  std::optional<milliseconds> slow_after;
  bool by_fuzzers_timeout;  // slow is what took longer than the fuzzer's own limit
};

// libFuzzer's own timeouts are told by libFuzzer; AFL++ and honggfuzz are not there when we replay.
constexpr std::array<KindMeaning, 6> kKinds{{
    {"crash", Expectation::Kind::kCrash, {}, false},
    {"leak", Expectation::Kind::kCrash, {}, false},
    {"oom", Expectation::Kind::kOutOfMemory, {}, false},
    {"timeout", Expectation::Kind::kTimeout, {}, true},
    {"hang", Expectation::Kind::kTimeout, {}, true},
    {"slow-unit", Expectation::Kind::kTimeout, milliseconds(10'000), false},  // -report_slow_units
}};

bool counts(const Attempt& attempt) { return attempt.outcome != Outcome::kCouldNotRun && !attempt.starved(); }

// The same at first sight.
bool alike(const Attempt& a, const Attempt& b) {
  if (a.outcome != b.outcome) return false;
  if (a.outcome != Outcome::kCrashed) return true;
  return a.exit == b.exit && face_of(a.report) == face_of(b.report);
}

}  // namespace

Expectation expectation_of(std::string_view artifact_kind, std::optional<milliseconds> timeout) {
  for (const auto& [name, kind, slow_after, by_timeout] : kKinds) {
    if (name == artifact_kind) return {kind, by_timeout ? timeout : slow_after};
  }
  return {};
}

bool bears_out(const Attempt& attempt, const Expectation& expected) {
  if (!counts(attempt)) return false;
  switch (expected.kind) {
    case Expectation::Kind::kCrash:
      return attempt.outcome == Outcome::kCrashed;
    case Expectation::Kind::kOutOfMemory:
      return attempt.outcome == Outcome::kOutOfMemory;
    case Expectation::Kind::kTimeout:
      return attempt.outcome == Outcome::kTimedOut ||
             (attempt.outcome == Outcome::kClean && expected.slow_after &&
              attempt.own_time() >= *expected.slow_after);
  }
  return false;
}

const char* name_of(Reproduction reproduction) {
  constexpr std::array<const char*, 4> kNames{"reproducible", "flaky", "unreproducible", "not known"};
  return kNames[static_cast<std::size_t>(reproduction)];
}

Verdict judge(std::span<const Attempt> attempts, const Expectation& expected) {
  Verdict verdict;
  int best_worth = -1;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const auto& attempt = attempts[i];
    if (!counts(attempt)) continue;
    ++verdict.tries;
    const bool borne_out = bears_out(attempt, expected);
    verdict.reproduced += borne_out ? 1 : 0;
    verdict.others += !borne_out && attempt.outcome != Outcome::kClean ? 1 : 0;
    // A cut report loses against a whole one of its kind; one that bore it out wins against all that did not.
    const int worth =
        2 * worth_of(attempt.report) + (attempt.report_truncated ? 0 : 1) + (borne_out ? 1000 : 0);
    if (worth > best_worth && (borne_out || attempt.outcome != Outcome::kClean)) {
      best_worth = worth, verdict.best = i;
    }
  }
  if (verdict.tries == 0) return verdict;
  verdict.reproduction = verdict.reproduced == verdict.tries ? Reproduction::kReproducible
                         : verdict.reproduced > 0            ? Reproduction::kFlaky
                                                             : Reproduction::kUnreproducible;
  return verdict;
}

NextStep next_step(std::span<const Attempt> attempts, const Expectation& expected, const TryPolicy& policy) {
  std::size_t counted = 0, failures = 0, starved = 0;
  bool all_alike = true;
  const Attempt* first = nullptr;
  for (const auto& attempt : attempts) {
    if (!counts(attempt)) {
      ++(attempt.starved() ? starved : failures);
      continue;
    }
    ++counted;
    if (first == nullptr) first = &attempt;
    all_alike = all_alike && bears_out(attempt, expected) && alike(*first, attempt);
  }
  const bool enough = counted >= policy.tries || failures >= policy.failures || starved >= policy.starved ||
                      (all_alike && counted >= policy.enough_equal);
  return enough ? NextStep::kEnough : NextStep::kAgain;
}

}  // namespace fuzzmill::producers
