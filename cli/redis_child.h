// The private redis-server of `up`: its command line, and what another one left behind.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/data_folder.h"
#include "schema/result.h"

namespace fuzzmill::cli {

struct RedisChild {
  std::filesystem::path program;  // redis-server
  std::filesystem::path conf;     // redis.conf; empty: every setting goes on the command line
  std::uint64_t maxmemory = 0;
};

// Pure. The command line holds what belongs to this folder, and, without a redis.conf, the rest as well.
std::vector<std::string> redis_arguments(const RedisChild& child, const DataFolder& folder);

// A path longer than a unix socket's is an error that says how to mend it (sun_path has 108 bytes).
schema::Status check_socket_path(const std::filesystem::path& socket);

// A redis-server that still works in this folder: an `up` that was killed leaves one for the moment that
// it takes to end. Two on one append-only file would ruin it.
std::optional<pid_t> leftover_redis(const DataFolder& folder);

// Waits until it has ended. kConflict when it does not within `limit`.
schema::Status wait_for_leftover(const DataFolder& folder, int limit_ms);

}  // namespace fuzzmill::cli
