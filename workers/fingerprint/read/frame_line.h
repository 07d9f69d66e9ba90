// One line of a stack: "#3 0x4f in parse(int) /src/a.cc:12:3", unsymbolised "#3 0x4f  (/bin/t+0x4f)
// (BuildId: …)", ThreadSanitizer's without an address, Fuchsia's "#3.1 …" and gdb's "f (x=1) at a.c:3".
#pragma once

#include <cstdint>
#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

struct FrameLine {
  std::uint32_t index = 0;
  bool inlined = false;  // Fuchsia numbers inlined frames #3.1, #3.2
  Frame frame;
};

// True and `out` filled when the line is a frame, with or without a log prefix before it. With
// `whole` false only the index of a frame with an address is read: enough for a stack that is not kept.
bool read_frame(std::string_view line, FrameLine& out, bool whole = true);

}  // namespace fuzzmill::workers
