// Campaign fuzz_sha3: the one-shot digest and the incremental one agree, however the message is cut.
// Input: one byte n, n bytes of part lengths, the message.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz-harness/targets/clean/require.h"
#include "fuzz-harness/targets/clean/sha3.h"

namespace {

using fuzzmill::fuzz_harness::Padding;

void compare(std::span<const std::uint8_t> cuts, std::span<const std::uint8_t> message, Padding padding) {
  fuzzmill::fuzz_harness::Sha3 incremental(padding);
  std::size_t at = 0;
  for (const std::uint8_t cut : cuts) {
    const std::size_t length = cut < message.size() - at ? cut : message.size() - at;
    incremental.absorb(message.subspan(at, length));
    at += length;
  }
  incremental.absorb(message.subspan(at));
  const auto whole = fuzzmill::fuzz_harness::sha3_256(message, padding);
  fuzzmill::fuzz_harness::require(incremental.finish() == whole,
                                  "incremental absorption gives the one-shot digest");
  incremental.absorb(message);
  fuzzmill::fuzz_harness::require(incremental.finish() == whole, "a finished object is as new");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> input(data + 1, size - 1);
  const std::size_t cuts = data[0] < input.size() ? data[0] : input.size();
  compare(input.first(cuts), input.subspan(cuts), Padding::kSha3);
  compare(input.first(cuts), input.subspan(cuts), Padding::kKeccak);
  return 0;
}
