// Vague faces: an optimiser or a debugger lost the line or the frames that would tell whose crash it is. Such
// a face is like several bugs at once, so it never makes two of them one: it goes to the one group that it
// can be of, and where several fit it stays alone.
#pragma once

#include <string_view>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// Whether a face may be asked about at all; most are not, which costs nothing.
bool is_vague(const Face& face);

// Why `vague` may be what `clear` shows, as a sentence; empty when it is not.
std::string_view may_be(const Face& vague, const Face& clear);

}  // namespace fuzzmill::workers
