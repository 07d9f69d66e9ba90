// Numbers that we wrote into Redis as text.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace fuzzmill::store {

// 0 where there is none.
inline std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace fuzzmill::store
