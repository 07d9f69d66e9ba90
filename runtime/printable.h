// Text of others made safe to show on a terminal or in a log: crash titles, node names and log lines may
// hold escape sequences, line breaks or characters that reorder what stands around them. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fuzzmill::runtime {

// Control characters (C0, DEL, C1), line separators, characters that change the direction of writing or
// have no width, and bytes that are not UTF-8 become visible escapes: \n, \t, \x1b, \u202e.
std::string printable(std::string_view text);

// The same, cut to at most `limit` bytes before escaping, with "…" in place of the rest.
std::string printable(std::string_view text, std::size_t limit);

// One code point of UTF-8 at the start of `text`. Size 1 and valid false where there is none.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
  bool valid = false;
};
CodePoint first_code_point(std::string_view text);

}  // namespace fuzzmill::runtime
