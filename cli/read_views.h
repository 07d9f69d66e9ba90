// Reads what the views show from Redis. Errors are those of store/.
#pragma once

#include <cstddef>
#include <vector>

#include "cli/views.h"
#include "schema/result.h"
#include "store/redis.h"

namespace fuzzmill::cli {

schema::Result<std::vector<NodeView>> read_nodes(store::Redis& redis, std::size_t limit);
schema::Result<std::vector<DeadCount>> read_dead_counts(store::Redis& redis);

}  // namespace fuzzmill::cli
