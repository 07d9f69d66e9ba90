#include "cli/restart_delay.h"

#include <algorithm>

namespace fuzzmill::cli {

std::chrono::milliseconds restart_delay(std::uint64_t deaths) {
  const std::uint64_t doublings = std::clamp<std::uint64_t>(deaths, 1, 16) - 1;
  return std::min(kRestartFirst * (1 << doublings), kRestartMost);
}

}  // namespace fuzzmill::cli
