// Files that are there whole or not at all, also after the power went.
#pragma once

#include <filesystem>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::runtime {

// Written under another name beside it, which begins with '.', synced, renamed, the folder synced. Mode 600.
// The folder must be there. kDenied, kUnavailable (a full disk, too): the file is what it was before; only
// when it is the folder's sync that fails, which a disk does that is about to, it is the new one already and
// a loss of power may undo that. Threads: any; of several that write one file the last wins.
schema::Status write_durably(const std::filesystem::path& file, std::string_view bytes);

}  // namespace fuzzmill::runtime
