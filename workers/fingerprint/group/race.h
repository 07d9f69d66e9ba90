// When two races are one bug.
#pragma once

#include <string_view>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// Why they are, as a sentence; empty when nothing says so. Symmetric. Both are of Trouble::kRace.
std::string_view same_race(const Face& a, const Face& b);

}  // namespace fuzzmill::workers
