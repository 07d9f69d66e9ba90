// A small transaction format with exactly one encoding a transaction: what decodes encodes to the same bytes.
//
//   version u8 = 1 | inputs: count, each: previous id [32], output index u32, script: length, bytes
//                  | outputs: count, each: amount u64, script: length, bytes | lock time u32
//
// Integers are little-endian. Counts and lengths are "compact": one byte below 253, else 253 and two
// bytes, in the shortest form only. Pure; bounded before memory is taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::fuzz_harness {

constexpr std::size_t kMaxInputs = 300;
constexpr std::size_t kMaxOutputs = 300;
constexpr std::size_t kMaxScript = 520;  // bytes
constexpr std::uint64_t kMaxAmount =
    21'000'000 * 100'000'000ULL;  // smallest coins, also of all outputs together

using Bytes = std::vector<std::uint8_t>;

struct Input {
  std::array<std::uint8_t, 32> previous{};
  std::uint32_t index = 0;
  Bytes script;

  bool operator==(const Input&) const = default;
};

struct Output {
  std::uint64_t amount = 0;
  Bytes script;

  bool operator==(const Output&) const = default;
};

struct Transaction {
  std::vector<Input> inputs;    // 1 … kMaxInputs
  std::vector<Output> outputs;  // 1 … kMaxOutputs
  std::uint32_t lock_time = 0;

  bool operator==(const Transaction&) const = default;
};

// kInvalid: truncated, trailing bytes, another version, no inputs or outputs, a count not in its shortest
// form. kTooLarge: over a limit above. Both name the field and are the sender's fault.
schema::Result<Transaction> decode_transaction(std::span<const std::uint8_t> bytes);

// The same errors, for a transaction that could not be decoded again; those are the caller's fault.
schema::Result<Bytes> encode_transaction(const Transaction& transaction);

}  // namespace fuzzmill::fuzz_harness
