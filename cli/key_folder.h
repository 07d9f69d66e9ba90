// The keys that a broker and its own workers need, made where they are missing: `up` and `keys init`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::cli {

inline constexpr const char* kLocalOperator = "local";  // what people and `run --data` use on this machine

// The folder, for nobody but us.
schema::Status make_key_folder(const std::filesystem::path& folder);

// server, each stage, and the operator `local`. Returns the names of those that were made; making them
// again makes none.
schema::Result<std::vector<std::string>> make_missing_keys(const std::filesystem::path& folder);

}  // namespace fuzzmill::cli
