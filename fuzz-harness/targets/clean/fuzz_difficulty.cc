// Campaign fuzz_difficulty: the laws of compact targets and of their adjustment.
// Input: compact u32, actual seconds i64, expected seconds u32, two 256-bit targets; zeros where it is
// shorter.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "fuzz-harness/targets/clean/difficulty.h"
#include "fuzz-harness/targets/clean/require.h"

namespace {

using namespace fuzzmill::fuzz_harness;

struct Fields {
  std::uint32_t compact = 0;
  std::int64_t actual_seconds = 0;
  std::uint32_t expected_seconds = 0;
  Uint256 target;
  Uint256 easiest;
};

Fields read(const std::uint8_t* data, std::size_t size) {
  Fields fields;
  const auto take = [&](void* field, std::size_t width) {
    const std::size_t here = width < size ? width : size;
    if (here != 0) std::memcpy(field, data, here);
    data += here;
    size -= here;
  };
  take(&fields.compact, sizeof fields.compact);
  take(&fields.actual_seconds, sizeof fields.actual_seconds);
  take(&fields.expected_seconds, sizeof fields.expected_seconds);
  for (Uint256* target : {&fields.target, &fields.easiest}) {
    std::uint64_t value = 0;
    std::uint8_t shift = 0;
    take(&shift, sizeof shift);
    take(&value, sizeof value);
    *target = Uint256::of(value).shifted_left(shift);
  }
  return fields;
}

Uint256 must_decode(std::uint32_t compact) {
  const auto target = target_of_compact(compact);
  require(target.ok(), "a compact form that we made can be read");
  return *target;
}

void laws_of_compact(std::uint32_t compact) {
  const auto target = target_of_compact(compact);
  if (!target) return;
  require((compact & 0x00800000U) == 0, "a negative target is refused");
  const std::uint32_t shortest = compact_of_target(*target);
  require(must_decode(shortest) == *target, "compact, target, compact, target: nothing is lost");
  require(shortest >> 24U <= compact >> 24U, "the shortest form is no longer");
}

void laws_of_target(const Uint256& target) {
  if (target.is_zero()) return;
  const std::uint32_t compact = compact_of_target(target);
  const Uint256 rounded = must_decode(compact);
  require(rounded <= target, "rounding never makes it easier");
  require(compact_of_target(rounded) == compact, "what is rounded stays");
  require(rounded.bit_length() == target.bit_length(), "rounding keeps the size");
  require(target.shifted_right(8).shifted_left(8) <= target, "shifting out loses");
}

void laws_of_adjustment(std::uint32_t compact, const Fields& fields) {
  const std::uint32_t expected = 4 * (1 + fields.expected_seconds % (kMaxExpectedSeconds / 4));
  const Rules rules{expected, fields.easiest};
  const auto next = adjust(compact, fields.actual_seconds, rules);
  const auto old = target_of_compact(compact);
  require(next.ok() == (old.ok() && !rules.easiest.is_zero()),
          "adjust refuses what cannot be read, and no more");
  if (!next) return;
  const Uint256 now = must_decode(*next);
  require(now <= rules.easiest, "never easier than allowed");
  require(now.shifted_right(2) <= *old, "never more than four times easier");

  const std::uint32_t ceiling = compact_of_target(rules.easiest);
  const Uint256 quarter = old->shifted_right(2);
  const bool floored = quarter.is_zero() || now >= must_decode(compact_of_target(quarter));
  require(floored || *next == ceiling, "never more than four times harder");

  if (fields.actual_seconds < INT64_MAX) {
    const auto slower = adjust(compact, fields.actual_seconds + 1, rules);
    require(slower.ok() && must_decode(*slower) >= now, "slower blocks are never made harder");
  }
  const auto steady = adjust(compact, expected, rules);
  require(steady.ok() && (must_decode(*steady) == *old || *steady == ceiling), "on time, it stays");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Fields fields = read(data, size);
  laws_of_compact(fields.compact);
  laws_of_target(fields.target);
  laws_of_adjustment(fields.compact, fields);
  laws_of_adjustment(compact_of_target(fields.target), fields);
  return 0;
}
