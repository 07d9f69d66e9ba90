// What several attempts say together, and whether another one is worth its time. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "producers/replay/attempt.h"

namespace fuzzmill::producers {

// What an artifact claims, and so what a replay has to do to bear it out.
struct Expectation {
  enum class Kind { kCrash, kTimeout, kOutOfMemory };
  Kind kind = Kind::kCrash;
  // Of kTimeout: a run that ends by itself bears it out when it took so long. None: only one that runs over.
  std::optional<std::chrono::milliseconds> slow_after;
};

// Of an artifact's kind: crash, leak, timeout, hang, slow-unit, oom. `timeout`: the fuzzer's own for one
// input.
Expectation expectation_of(std::string_view artifact_kind, std::optional<std::chrono::milliseconds> timeout);

bool bears_out(const Attempt& attempt, const Expectation& expected);

enum class Reproduction {
  kReproducible,    // each time
  kFlaky,           // sometimes
  kUnreproducible,  // never
  kNotKnown,        // no attempt could run
};
const char* name_of(Reproduction reproduction);  // "reproducible", "flaky", "unreproducible", "not known"

struct Verdict {
  Reproduction reproduction = Reproduction::kNotKnown;
  std::size_t reproduced = 0;       // of `tries`
  std::size_t tries = 0;            // attempts that could run and were not starved of CPU
  std::size_t others = 0;           // that failed in another way than expected
  std::optional<std::size_t> best;  // the attempt whose report tells most; one that bore it out if any did
};
Verdict judge(std::span<const Attempt> attempts, const Expectation& expected);

struct TryPolicy {
  std::size_t tries = 5;         // of attempts that could run
  std::size_t enough_equal = 2;  // from the first on, the expected thing with the same face: deterministic
  std::size_t failures = 2;      // attempts that could not run; more of them tell nothing new
  std::size_t starved = 2;       // attempts that were starved of CPU
};

enum class NextStep { kAgain, kEnough };
NextStep next_step(std::span<const Attempt> attempts, const Expectation& expected, const TryPolicy& policy);

}  // namespace fuzzmill::producers
