#include "fuzz-harness/targets/clean/difficulty.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace fuzzmill::fuzz_harness {
namespace {

constexpr std::uint32_t kSignBit = 0x00800000;
constexpr std::uint32_t kMantissa = 0x007FFFFF;
constexpr unsigned kWordBits = 32;

// value × factor / divisor. The product has 288 bits, so it cannot overflow; a quotient of more than
// 256 bits becomes the greatest value there is. REQUIRES divisor != 0.
Uint256 multiply_divide(const Uint256& value, std::uint32_t factor, std::uint32_t divisor) {
  std::array<std::uint32_t, 9> product{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    carry += std::uint64_t{value.words[i]} * factor;
    product[i] = static_cast<std::uint32_t>(carry);
    carry >>= kWordBits;
  }
  product[8] = static_cast<std::uint32_t>(carry);

  std::uint64_t rest = 0;
  for (std::size_t i = product.size(); i-- > 0;) {
    rest = rest << kWordBits | product[i];
    product[i] = static_cast<std::uint32_t>(rest / divisor);
    rest %= divisor;
  }
  Uint256 quotient;
  if (product[8] != 0) {
    quotient.words.fill(0xFFFFFFFF);
  } else {
    std::copy_n(product.begin(), 8, quotient.words.begin());
  }
  return quotient;
}

}  // namespace

Uint256 Uint256::of(std::uint64_t value) {
  Uint256 result;
  result.words[0] = static_cast<std::uint32_t>(value);
  result.words[1] = static_cast<std::uint32_t>(value >> kWordBits);
  return result;
}

std::strong_ordering Uint256::operator<=>(const Uint256& other) const {
  return std::lexicographical_compare_three_way(words.rbegin(), words.rend(), other.words.rbegin(),
                                                other.words.rend());
}

unsigned Uint256::bit_length() const {
  for (unsigned i = 8; i-- > 0;) {
    if (words[i] != 0) return i * kWordBits + static_cast<unsigned>(std::bit_width(words[i]));
  }
  return 0;
}

Uint256 Uint256::shifted_left(unsigned bits) const {
  Uint256 result;
  const unsigned whole = bits / kWordBits;
  const unsigned part = bits % kWordBits;
  for (unsigned i = 8; i-- > whole;) {
    result.words[i] = words[i - whole] << part;
    // A shift by 32 is undefined, hence the second question.
    if (i > whole && part != 0) result.words[i] |= words[i - whole - 1] >> (kWordBits - part);
  }
  return result;
}

Uint256 Uint256::shifted_right(unsigned bits) const {
  Uint256 result;
  const unsigned whole = bits / kWordBits;
  const unsigned part = bits % kWordBits;
  for (unsigned i = 0; i + whole < 8; ++i) {
    result.words[i] = words[i + whole] >> part;
    if (i + whole + 1 < 8 && part != 0) result.words[i] |= words[i + whole + 1] << (kWordBits - part);
  }
  return result;
}

schema::Result<Uint256> target_of_compact(std::uint32_t compact) {
  const unsigned exponent = compact >> 24U;  // length of the target in bytes
  const std::uint32_t mantissa = compact & kMantissa;
  Uint256 target = Uint256::of(mantissa);
  if (exponent <= 3) {
    target = target.shifted_right(8 * (3 - exponent));
  } else {
    const unsigned shift = 8 * (exponent - 3);
    if (mantissa != 0 && target.bit_length() + shift > 256) {
      return schema::too_large("compact target: more than 256 bits");
    }
    target = target.shifted_left(shift);
  }
  if (target.is_zero()) return schema::invalid("compact target: zero");
  if ((compact & kSignBit) != 0) return schema::invalid("compact target: negative");
  return target;
}

std::uint32_t compact_of_target(const Uint256& target) {
  unsigned exponent = (target.bit_length() + 7) / 8;
  std::uint32_t mantissa = exponent <= 3 ? target.words[0] << (8 * (3 - exponent))
                                         : target.shifted_right(8 * (exponent - 3)).words[0];
  // The mantissa's top bit would be read as a sign: one byte less of mantissa, one more of exponent.
  if ((mantissa & kSignBit) != 0) {
    mantissa >>= 8U;
    ++exponent;
  }
  return mantissa | exponent << 24U;
}

schema::Result<std::uint32_t> adjust(std::uint32_t compact, std::int64_t actual_seconds, const Rules& rules) {
  if (rules.expected_seconds < 4 || rules.expected_seconds > kMaxExpectedSeconds) {
    return schema::invalid("rules: expected seconds out of bounds");
  }
  if (rules.easiest.is_zero()) return schema::invalid("rules: the easiest target is zero");
  const auto old = target_of_compact(compact);
  if (!old) return old.error();
  const std::int64_t expected = rules.expected_seconds;
  const std::int64_t actual = std::clamp(actual_seconds, expected / 4, expected * 4);
  Uint256 next = multiply_divide(*old, static_cast<std::uint32_t>(actual), rules.expected_seconds);
  next = std::clamp(next, Uint256::of(1), rules.easiest);
  return compact_of_target(next);
}

}  // namespace fuzzmill::fuzz_harness
