// Counts what the program allocates with operator new, on the calling thread.
#pragma once

#include <cstdint>

namespace fuzzmill::bench {

std::uint64_t allocations();  // since the thread began

}  // namespace fuzzmill::bench
