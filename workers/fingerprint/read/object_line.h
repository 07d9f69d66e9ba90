// What a report says about the memory that was touched: the heap block, the variable on the stack or the
// global that lies at the address or nearest to it.
#pragma once

#include <cstdint>
#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

enum class ObjectLine : std::uint8_t {
  kNone,
  kRead,         // `out` has what the line says
  kFrameFollows  // and the next frame is of the function that holds the object
};

// "0x… is located N bytes to the right of|after|before|inside of M-byte region", "… global variable 'x'
// defined in 'a.c:3:5' (0x…) of size N", "Address 0x… is located in stack of thread T0 …", "[32, 48) 'buf'
// (line 12) <== Memory access …", MemorySanitizer's "created by an allocation of 'x' in the stack frame of
// function 'f'" and ThreadSanitizer's "Location is heap block of size N". Of several globals the nearest is
// kept, of anything else the first: a line about another leaves `out` as it is. `distance`, in bytes, is
// kept between the lines of a report and begins as 0.
ObjectLine read_object(std::string_view line, Object& out, std::uint64_t& distance);

}  // namespace fuzzmill::workers
