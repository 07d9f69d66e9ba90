// Signatures: SHA-256 over "v3|kind|…" at several grains. The version changes whenever a change of the
// rules gives an old crash a new signature. Nothing is filed again for it: a new signature is judged by what
// its crash shows (group/same_bug.h), and where the old text is still known its signature is an alias.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/stack/stack.h"
#include "workers/fingerprint/version.h"

namespace fuzzmill::workers {

inline constexpr std::size_t kTopFrames = 3;

// Each 64 lower-case hex digits.
struct Signatures {
  std::string site;   // kind and the innermost frame that counts
  std::string top;    // kind, message and the innermost three
  std::string lines;  // as top, each frame with its file's name and line
  std::string whole;  // kind and every frame that counts
  std::string face;   // all that takes part in grouping (group/face.h): the one that names the crash
  std::string v1;     // top as version 1 signed it: an alias

  // "site", "top", "lines", "whole", "face" with their digits, in this order.
  std::vector<std::pair<std::string_view, std::string_view>> named() const;
};

// What identifies a crash that no report explains.
struct Ending {
  std::optional<int> exit_code;
  std::optional<int> signal;
};

// Timeouts are signed by their outermost frames, since the innermost are where the clock happened to
// strike; kind "unknown" by the ending too, so that it never equals what was read.
Signatures sign(const Report& report, const Stack& stack, const Ending& ending = {});

// The group of a signature: its first 16 digits. REQUIRES 64 hex digits.
std::string group_of(std::string_view signature);

}  // namespace fuzzmill::workers
