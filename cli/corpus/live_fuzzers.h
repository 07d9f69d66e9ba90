// Whether a fuzzer that runs on this machine works in a folder: then files are not put there behind its back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "producers/engine/discover.h"

namespace fuzzmill::cli {

// "pid 4711, afl-fuzz, by its argument out/" for each that does: a word of its command, or its working
// folder, names the folder, one in it or one around it. Reads nothing but the paths' links.
std::vector<std::string> fuzzers_in(const std::vector<producers::FuzzerFound>& fuzzers,
                                    const std::filesystem::path& folder);

// The same of the fuzzers that run now.
std::vector<std::string> live_fuzzers_in(const std::filesystem::path& folder);

}  // namespace fuzzmill::cli
