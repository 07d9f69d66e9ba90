// Several resource samples as one, for a spool that is full: the oldest thin out before any is dropped.
// Pure: any thread.
#pragma once

#include "schema/event.h"

namespace fuzzmill::schema {

// `later` with what `earlier` said: intervals and OOM kills add up; CPU, RSS and exec/s become the mean of
// the time, with the least and the most of all that were merged; of counters and words the later one stands.
// Both must be of one node and target; either may be merged already.
ResourceSample merged(const ResourceSample& earlier, const ResourceSample& later);

}  // namespace fuzzmill::schema
