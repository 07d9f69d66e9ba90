// A frame of a managed language after its "at ": Java's "java.base/pkg.Class.method(File.java:12)",
// JavaScript's "f (/a/b.js:1:2)" and C#'s "Ns.Class.Method (System.Int32 i) [0x00001] in /a/b.cs:13".
#pragma once

#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

// The language ("java", "javascript", "csharp") and `out` filled; empty when the text is no such frame.
std::string_view read_at_frame(std::string_view text, Frame& out);

}  // namespace fuzzmill::workers
