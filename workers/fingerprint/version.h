// The version of the rules that make a signature. A change that gives an old crash a new signature raises it.
#pragma once

#include <string_view>

namespace fuzzmill::workers {

inline constexpr std::string_view kSignatureVersion = "v3";

}  // namespace fuzzmill::workers
