// A face as the text that names it: what Signatures::face signs.
#pragma once

#include <string>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// "v3|…": equal for equal faces only, but for Face::blamed, which the company decides. An unread crash is
// told apart by how it ended.
std::string face_text(const Face& face);

// "v2|…", as version 2 wrote it: what it did not know is left out. For aliases.
std::string face_text_v2(const Face& face);

}  // namespace fuzzmill::workers
