// Messages without what depends on the input or on the compiler, so that one bug has one message.
#pragma once

#include <string>
#include <string_view>

namespace fuzzmill::workers {

// Numbers (decimal, hexadecimal, with sign, fraction or a unit of up to two letters) become N, where they
// stand alone: "h264" and "int32_t" stay. What compilers write differently is made equal: quotes and
// "struct" around types, "(aka …)", "long unsigned int", "int [4]". Cut at kMaxMessageText.
std::string mask_numbers(std::string_view message);

// As mask_numbers(), and quoted text becomes S: in an exception's or a log's message it is data.
std::string mask_data(std::string_view message);

}  // namespace fuzzmill::workers
