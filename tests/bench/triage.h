// How fast one core reads, normalises, signs and classifies reports that lie in memory; and that its time
// grows with the length of a text and nothing else, whatever the text is.
#pragma once

#include <vector>

#include "tests/bench/table.h"

namespace fuzzmill::bench {

// Reads ClusterFuzz's core cases where the conformance data are at hand ($FUZZMILL_CONFORMANCE or
// ../shared/conformance beside the sources), else the samples of our own tests.
std::vector<Row> bench_triage();

}  // namespace fuzzmill::bench
