// Finds programs and files of the installation.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fuzzmill::cli {

// The first executable of that name in $PATH; empty when there is none.
std::filesystem::path find_program(std::string_view name);

// Our own executable.
std::filesystem::path own_program();

// redis.conf: of this installation (../share/fuzzmill beside bin), else of the source tree that we were
// built from; empty when neither is there.
std::filesystem::path find_redis_conf();

}  // namespace fuzzmill::cli
