#include "fuzz-harness/targets/clean/sha3.h"

#include <bit>

namespace fuzzmill::fuzz_harness {
namespace {

constexpr std::size_t kRate = 136;  // bytes a block: 1600 bits less twice the digest

constexpr std::array<std::uint64_t, 24> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

void theta(KeccakState& a) {
  std::array<std::uint64_t, 5> column{};
  for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  for (std::size_t i = 0; i < 25; ++i) {
    a[i] ^= column[(i + 4) % 5] ^ std::rotl(column[(i + 1) % 5], 1);
  }
}

// Walks the lanes in pi's own order; the t-th lane on that walk is turned by the t-th triangular number.
void rho_and_pi(KeccakState& a) {
  std::uint64_t carried = a[1];
  std::size_t x = 1;
  std::size_t y = 0;
  for (unsigned t = 0; t < 24; ++t) {
    const std::size_t next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
    const std::uint64_t here = a[x + 5 * y];
    a[x + 5 * y] = std::rotl(carried, static_cast<int>((t + 1) * (t + 2) / 2 % 64));
    carried = here;
  }
}

void chi(KeccakState& a) {
  for (std::size_t row = 0; row < 25; row += 5) {
    const std::array<std::uint64_t, 5> old = {a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4]};
    for (std::size_t x = 0; x < 5; ++x) a[row + x] = old[x] ^ (~old[(x + 1) % 5] & old[(x + 2) % 5]);
  }
}

void permute(KeccakState& a) {
  for (const std::uint64_t constant : kRoundConstants) {
    theta(a);
    rho_and_pi(a);
    chi(a);
    a[0] ^= constant;
  }
}

std::uint64_t load_lane(const std::uint8_t* bytes) {
  std::uint64_t lane = 0;
  for (unsigned i = 0; i < 8; ++i) lane |= std::uint64_t{bytes[i]} << (8 * i);
  return lane;
}

void absorb_block(KeccakState& state, const std::uint8_t* block) {
  for (std::size_t lane = 0; lane < kRate / 8; ++lane) state[lane] ^= load_lane(block + 8 * lane);
  permute(state);
}

void xor_byte(KeccakState& state, std::size_t at, std::uint8_t byte) {
  state[at / 8] ^= std::uint64_t{byte} << (8 * (at % 8));
}

Digest squeeze(const KeccakState& state) {
  Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 8] >> (8 * (i % 8)));
  }
  return digest;
}

}  // namespace

Digest sha3_256(std::span<const std::uint8_t> message, Padding padding) {
  KeccakState state{};
  while (message.size() >= kRate) {
    absorb_block(state, message.data());
    message = message.subspan(kRate);
  }
  std::array<std::uint8_t, kRate> last{};
  for (std::size_t i = 0; i < message.size(); ++i) last[i] = message[i];
  last[message.size()] = static_cast<std::uint8_t>(padding);
  last[kRate - 1] |= 0x80U;  // the same byte as the one above when the message fills the block but one
  absorb_block(state, last.data());
  return squeeze(state);
}

void Sha3::put(std::uint8_t byte) {
  xor_byte(state_, at_, byte);
  if (++at_ == kRate) {
    permute(state_);
    at_ = 0;
  }
}

void Sha3::absorb(std::span<const std::uint8_t> part) {
  for (const std::uint8_t byte : part) put(byte);
}

Digest Sha3::finish() {
  xor_byte(state_, at_, static_cast<std::uint8_t>(padding_));
  xor_byte(state_, kRate - 1, 0x80U);
  permute(state_);
  const Digest digest = squeeze(state_);
  state_ = {};
  at_ = 0;
  return digest;
}

}  // namespace fuzzmill::fuzz_harness
