// How a fuzz target states what must hold: the program ends with the broken promise on its standard error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzzmill::fuzz {

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A reason travels in a frame and stands in a log line: whatever the input, it is short.
inline constexpr std::size_t kMaxReason = 512;

}  // namespace fuzzmill::fuzz
