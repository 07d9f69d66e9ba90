// Campaign fuzz_transaction. The input is read twice: as an encoded transaction, whose decoding must
// encode to the same bytes; and as a recipe for a transaction, whose encoding must decode to the same,
// and when damaged be refused or obey the first law.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz-harness/targets/clean/require.h"
#include "fuzz-harness/targets/clean/transaction.h"

namespace {

using namespace fuzzmill::fuzz_harness;

void round_trip_bytes(std::span<const std::uint8_t> bytes) {
  const auto decoded = decode_transaction(bytes);
  if (!decoded) {
    require(!decoded.error().message.empty(), "a refusal says why");
    return;
  }
  const auto encoded = encode_transaction(*decoded);
  require(encoded.ok(), "what was decoded can be encoded");
  require(std::ranges::equal(*encoded, bytes), "decode and encode give the same bytes");
}

// Fields from the front of the bytes, zeros when they have run out.
struct Recipe {
  std::span<const std::uint8_t> bytes;

  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width && !bytes.empty(); ++i, bytes = bytes.subspan(1)) {
      value = value << 8U | bytes.front();
    }
    return value;
  }

  Bytes script() { return Bytes(number(2) % (kMaxScript + 2), static_cast<std::uint8_t>(number(1))); }
};

Transaction transaction_of(Recipe recipe) {
  Transaction transaction;
  transaction.inputs.resize(recipe.number(1) % 6);
  transaction.outputs.resize(recipe.number(2) % (kMaxOutputs + 2));
  transaction.lock_time = static_cast<std::uint32_t>(recipe.number(4));
  for (Input& input : transaction.inputs) {
    input.previous.fill(static_cast<std::uint8_t>(recipe.number(1)));
    input.index = static_cast<std::uint32_t>(recipe.number(4));
    input.script = recipe.script();
  }
  for (Output& output : transaction.outputs) {
    if (recipe.bytes.empty()) break;
    output.amount = recipe.number(8);
    output.script = recipe.script();
  }
  return transaction;
}

// An encoded transaction with a few bytes replaced: near enough to a good one to get far into the decoder.
Bytes damaged(Bytes bytes, Recipe recipe) {
  const std::size_t at = recipe.number(2) % bytes.size();
  const std::size_t gone = std::min<std::size_t>(recipe.number(1) % 4, bytes.size() - at);
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  bytes.erase(place, place + static_cast<std::ptrdiff_t>(gone));
  const auto fresh = recipe.bytes.first(std::min<std::size_t>(recipe.bytes.size(), 3));
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), fresh.begin(), fresh.end());
  return bytes;
}

void round_trip_transaction(const Transaction& transaction, Recipe damage) {
  const auto encoded = encode_transaction(transaction);
  if (!encoded) return;
  const auto decoded = decode_transaction(*encoded);
  require(decoded.ok(), "what was encoded can be decoded");
  require(*decoded == transaction, "encode and decode give the same transaction");
  require(!decode_transaction(std::span(*encoded).first(encoded->size() - 1)), "a truncated one is refused");
  round_trip_bytes(damaged(*encoded, damage));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  round_trip_bytes({data, size});
  const std::span<const std::uint8_t> input(data, size);
  const std::size_t head = std::min<std::size_t>(size, 6);
  round_trip_transaction(transaction_of({input.subspan(head)}), {input.first(head)});
  return 0;
}
