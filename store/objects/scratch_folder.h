// A folder of our own for files that are being made.
// Threads: any. Errors: those of os_error(); kDenied when what is there belongs to another or is open to all.
#pragma once

#include <chrono>
#include <filesystem>

#include "schema/result.h"

namespace fuzzmill::store {

// Makes it (0700), sweeps what dead writers left, and gives it absolute.
schema::Result<std::filesystem::path> make_scratch_folder(const std::filesystem::path& folder);

// Removes files of the folder that nobody has written for `age`.
void sweep_folder(int folder, std::chrono::seconds age);

}  // namespace fuzzmill::store
