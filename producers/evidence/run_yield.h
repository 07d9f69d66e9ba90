// What a run of the fuzzer left behind: whether to start it again at once is judged by that.
#pragma once

namespace fuzzmill::producers {

enum class RunYield { kNothing, kKnownArtifact, kNewArtifact };

}  // namespace fuzzmill::producers
