// Frames without "#N": glog's and abseil's "    @ 0x4f  f()", glibc's backtrace_symbols "./t(f+0x1f) [0x4f]",
// Apple's and Swift's "3   libx.dylib   0x0000004f f + 12" and Chrome's on Windows "f [0x4f+12] (a.cc:3)".
#pragma once

#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

// Cheap for lines that are none.
bool read_plain_frame(std::string_view line, Frame& out);

}  // namespace fuzzmill::workers
