#include "fuzz-harness/targets/clean/difficulty.h"

#include <vector>

#include "tests/catch.h"

namespace fuzzmill::fuzz_harness {
namespace {

using schema::ErrorCode;

constexpr std::uint32_t kTwoWeeks = 14 * 24 * 60 * 60;

Uint256 power_of_two(unsigned bit) { return Uint256::of(1).shifted_left(bit); }

Uint256 target_of(std::uint32_t compact) {
  const auto target = target_of_compact(compact);
  REQUIRE(target.ok());
  return *target;
}

std::uint32_t adjusted(std::uint32_t compact, std::int64_t actual_seconds, const Rules& rules) {
  const auto next = adjust(compact, actual_seconds, rules);
  REQUIRE(next.ok());
  return *next;
}

TEST_CASE("A compact target is its mantissa shifted by its exponent in bytes") {
  CHECK(target_of(0x01120000) == Uint256::of(0x12));
  CHECK(target_of(0x02123400) == Uint256::of(0x1234));
  CHECK(target_of(0x03123456) == Uint256::of(0x123456));
  CHECK(target_of(0x04123456) == Uint256::of(0x12345600));
  CHECK(target_of(0x05009234) == Uint256::of(0x92340000));
  CHECK(target_of(0x1D00FFFF) == Uint256::of(0xFFFF).shifted_left(208));
  CHECK(target_of(0x20123456) == Uint256::of(0x123456).shifted_left(232));
}

TEST_CASE("Negative, zero and overflowing compact targets are refused, each with its reason") {
  struct Case {
    std::uint32_t compact;
    ErrorCode code;
    const char* message;
  };
  const std::vector<Case> cases = {
      {0x04923456, ErrorCode::kInvalid, "compact target: negative"},
      {0x01FEDCBA, ErrorCode::kInvalid, "compact target: negative"},
      {0x00000000, ErrorCode::kInvalid, "compact target: zero"},
      {0x01003456, ErrorCode::kInvalid, "compact target: zero"},
      {0xFF000000, ErrorCode::kInvalid, "compact target: zero"},
      {0x04800000, ErrorCode::kInvalid, "compact target: zero"},
      {0xFF123456, ErrorCode::kTooLarge, "compact target: more than 256 bits"},
      {0x21010000, ErrorCode::kTooLarge, "compact target: more than 256 bits"},
      {0x22000100, ErrorCode::kTooLarge, "compact target: more than 256 bits"},
      {0x23000001, ErrorCode::kTooLarge, "compact target: more than 256 bits"},
  };
  for (const Case& example : cases) {
    INFO("compact " << example.compact);
    const auto target = target_of_compact(example.compact);
    REQUIRE(!target.ok());
    CHECK(target.error().code == example.code);
    CHECK(target.error().message == example.message);
  }
}

TEST_CASE("The greatest targets that still fit are taken") {
  CHECK(target_of(0x2100FFFF).bit_length() == 256);
  CHECK(target_of(0x220000FF).bit_length() == 256);
  CHECK(target_of(0x207FFFFF).bit_length() == 255);
}

TEST_CASE("A mantissa whose top bit would read as a sign moves into the next exponent") {
  CHECK(compact_of_target(Uint256::of(0x80)) == 0x02008000);
  CHECK(compact_of_target(Uint256::of(0x7F)) == 0x017F0000);
  CHECK(compact_of_target(Uint256::of(0x12345600)) == 0x04123456);
  CHECK(compact_of_target(power_of_two(255)) == 0x21008000);
  CHECK(compact_of_target(Uint256{}) == 0);
}

TEST_CASE("Each power of two survives the round trip, and what lies below the mantissa is rounded down") {
  for (unsigned bit = 0; bit < 256; ++bit) {
    INFO("bit " << bit);
    CHECK(target_of(compact_of_target(power_of_two(bit))) == power_of_two(bit));
  }
  CHECK(target_of(compact_of_target(Uint256::of(0x123456789A))) == Uint256::of(0x1234560000));
}

TEST_CASE("Shifts cross words, and bits past either end are lost") {
  const Uint256 value = Uint256::of(0x8000000000000001);
  CHECK(value.shifted_left(1) == Uint256{{2, 0, 1}});
  CHECK(value.shifted_left(32) == Uint256{{0, 1, 0x80000000}});
  CHECK(value.shifted_right(33) == Uint256::of(0x40000000));
  CHECK(value.shifted_left(256) == Uint256{});
  CHECK(value.shifted_right(256) == Uint256{});
  CHECK(power_of_two(200) > Uint256::of(UINT64_MAX));
}

TEST_CASE("The target follows the ratio of actual to expected time") {
  const Rules rules{kTwoWeeks, target_of(0x1D00FFFF)};
  CHECK(adjusted(0x1B0404CB, kTwoWeeks, rules) == 0x1B0404CB);
  CHECK(adjusted(0x1B040000, kTwoWeeks / 2, rules) == 0x1B020000);
  CHECK(adjusted(0x1B040000, kTwoWeeks * 2, rules) == 0x1B080000);
}

TEST_CASE("An adjustment is clamped to four times in either direction, and to what the rules allow") {
  const Rules rules{kTwoWeeks, target_of(0x1D00FFFF)};
  for (const std::int64_t instant : {std::int64_t{1}, std::int64_t{0}, std::int64_t{-5}, INT64_MIN}) {
    CHECK(adjusted(0x1B040000, instant, rules) == 0x1B010000);
  }
  CHECK(adjusted(0x1B040000, INT64_MAX, rules) == 0x1B100000);
  CHECK(adjusted(0x1D00FFFF, INT64_MAX, rules) == 0x1D00FFFF);
  CHECK(adjusted(0x01010000, 0, rules) == 0x01010000);  // a quarter of one is zero, which no hash can meet
}

TEST_CASE("Four times a target near 2^256 neither wraps nor exceeds the easiest") {
  const Rules rules{kMaxExpectedSeconds, power_of_two(255)};
  CHECK(adjusted(0x2100FFFF, INT64_MAX, rules) == compact_of_target(power_of_two(255)));
}

TEST_CASE("Rules outside their bounds are refused") {
  CHECK(adjust(0x1B0404CB, 1, {3, power_of_two(200)}).error().code == ErrorCode::kInvalid);
  CHECK(adjust(0x1B0404CB, 1, {kMaxExpectedSeconds + 1, power_of_two(200)}).error().code ==
        ErrorCode::kInvalid);
  CHECK(adjust(0x1B0404CB, 1, {kTwoWeeks, {}}).error().message == "rules: the easiest target is zero");
  CHECK(adjust(0x04923456, 1, {kTwoWeeks, power_of_two(200)}).error().message == "compact target: negative");
}

}  // namespace
}  // namespace fuzzmill::fuzz_harness
