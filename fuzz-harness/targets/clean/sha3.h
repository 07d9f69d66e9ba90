// SHA3-256 (FIPS 202) and Keccak-256, its elder with another padding, as proof-of-work chains use both.
// Pure; any number of threads, one object each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fuzzmill::fuzz_harness {

using Digest = std::array<std::uint8_t, 32>;
using KeccakState = std::array<std::uint64_t, 25>;

// The byte that opens the padding, and the only difference between the two.
enum class Padding : std::uint8_t { kKeccak = 0x01, kSha3 = 0x06 };

// One-shot: takes whole blocks straight from the message.
Digest sha3_256(std::span<const std::uint8_t> message, Padding padding = Padding::kSha3);

// Incremental: absorb() any number of times, then finish() once; afterwards the object is as new.
// It works byte by byte, another way than the one-shot, so that each can be held against the other.
class Sha3 {
 public:
  explicit Sha3(Padding padding = Padding::kSha3) : padding_(padding) {}

  void absorb(std::span<const std::uint8_t> part);
  Digest finish();

 private:
  void put(std::uint8_t byte);

  KeccakState state_{};
  std::size_t at_ = 0;  // bytes absorbed into the open block, below the rate
  Padding padding_;
};

}  // namespace fuzzmill::fuzz_harness
