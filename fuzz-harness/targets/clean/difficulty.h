// Difficulty of a proof-of-work chain: a block's hash must not exceed a 256-bit target, which headers
// carry in 32 bits ("compact": an exponent in bytes, a sign bit, 23 bits of mantissa). Pure.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "schema/result.h"

namespace fuzzmill::fuzz_harness {

struct Uint256 {
  std::array<std::uint32_t, 8> words{};  // least significant first

  static Uint256 of(std::uint64_t value);

  bool operator==(const Uint256&) const = default;
  std::strong_ordering operator<=>(const Uint256& other) const;
  bool is_zero() const { return *this == Uint256{}; }
  unsigned bit_length() const;                 // 0 for zero
  Uint256 shifted_left(unsigned bits) const;   // bits past the top are lost
  Uint256 shifted_right(unsigned bits) const;  // bits past the bottom are lost
};

// kInvalid: the sign bit is set, or the target is zero, which no hash can meet.
// kTooLarge: the target wants more than 256 bits. Both are the fault of who made the header.
schema::Result<Uint256> target_of_compact(std::uint32_t compact);

// The compact form of the greatest target that it can express and that is not above this one.
std::uint32_t compact_of_target(const Uint256& target);

struct Rules {
  std::uint32_t expected_seconds = 0;  // for the blocks of one period; 4 … kMaxExpectedSeconds
  Uint256 easiest;                     // the greatest target allowed, not zero
};
constexpr std::uint32_t kMaxExpectedSeconds = (1U << 30U) - 1;  // four times as much fits 32 bits

// The next period's target: old × actual / expected, where actual is clamped to a quarter and to four
// times of expected, never easier than the rules allow and never zero. In the old one's compact form.
// kInvalid, kTooLarge: as target_of_compact, or the rules are outside their bounds.
schema::Result<std::uint32_t> adjust(std::uint32_t compact, std::int64_t actual_seconds, const Rules& rules);

}  // namespace fuzzmill::fuzz_harness
