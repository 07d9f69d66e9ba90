// The line a person sees first.
#pragma once

#include <cstddef>
#include <string>

namespace fuzzmill::workers {

struct CrashFacts;

// "Heap-buffer-overflow WRITE of size 4 in parse_tlv", "Assert in parse: n < 2". One line, at most
// kMaxTitle bytes of UTF-8; without a stack the place is left out.
inline constexpr std::size_t kMaxTitle = 160;
std::string title_of(const CrashFacts& facts);

}  // namespace fuzzmill::workers
