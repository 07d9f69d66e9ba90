// Durations and sizes as people write them: "250ms", "5s", "10m", "2h", "7d"; "512", "64KB", "64MB", "2GB".
// A size counts in powers of 1024, as Redis does; KB, KiB and K are the same. Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::runtime {

// A duration names its unit; "0" alone needs none. kInvalid says what is wrong with the text.
schema::Result<std::chrono::milliseconds> parse_duration(std::string_view text);
schema::Result<std::uint64_t> parse_size(std::string_view text);
schema::Result<std::uint64_t> parse_number(std::string_view text);

// In the largest unit that is exact, so that parsing gives the same again.
std::string duration_text(std::chrono::milliseconds duration);
std::string size_text(std::uint64_t bytes);

}  // namespace fuzzmill::runtime
