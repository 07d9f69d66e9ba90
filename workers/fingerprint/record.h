// Counts crashes in the index, each in its group: a known signature goes where it went before; a new one is
// judged against the groups that share a feature with it, and joins one of them or makes its own.
#pragma once

#include <cstdint>
#include <vector>

#include "store/crash_index.h"
#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// How many times a crash is judged again because somebody filed a like one meanwhile.
inline constexpr int kMaxJudgements = 8;

struct Recording {
  store::CrashRecord record;  // without features and placing: they are made here
  Shown shown;
};

// Errors: those of store::CrashIndex; kConflict when others were always faster, which passes.
schema::Result<std::vector<store::Recorded>> record_crashes(store::CrashIndex& index,
                                                            const std::vector<Recording>& batch,
                                                            std::uint64_t now_ms);

}  // namespace fuzzmill::workers
