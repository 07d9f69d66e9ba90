// require(): what a fuzz harness promises. A broken promise ends the process, as a finding.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace fuzzmill::fuzz_harness {

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace fuzzmill::fuzz_harness
