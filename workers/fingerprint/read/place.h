// "file:line:column", as most formats print where a frame is.
#pragma once

#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

// True when the text ends in ":123".
bool has_line_number(std::string_view place);

// Sets file, line and column from "a.c:12:3", "a.c:12" or "a.c". Words that mean "no place" ("??:0",
// "<null>") set nothing.
void set_place(std::string_view place, Frame& frame);

}  // namespace fuzzmill::workers
