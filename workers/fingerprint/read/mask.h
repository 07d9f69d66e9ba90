// Messages without what depends on the input, so that one bug has one message.
#pragma once

#include <string>
#include <string_view>

namespace fuzzmill::workers {

// Numbers (decimal, hexadecimal, with sign or fraction) become N, where they stand alone: "h264" and
// "int32_t" stay. Quotes around types and "(aka …)" go, since compilers disagree about them. Cut at
// kMaxMessageText.
std::string mask_numbers(std::string_view message);

}  // namespace fuzzmill::workers
