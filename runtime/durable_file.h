// Files that are there whole or not at all, also after the power went.
#pragma once

#include <filesystem>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::runtime {

// Written under another name beside it, synced, renamed, the folder synced. Mode 600. The folder must be
// there. kDenied, kUnavailable (a full disk, too): then the file is what it was before.
schema::Status write_durably(const std::filesystem::path& file, std::string_view bytes);

}  // namespace fuzzmill::runtime
