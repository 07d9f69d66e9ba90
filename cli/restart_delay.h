// When a child of `up` that died is started again. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace fuzzmill::cli {

inline constexpr std::chrono::milliseconds kRestartFirst{250};
inline constexpr std::chrono::milliseconds kRestartMost{30'000};
inline constexpr std::chrono::milliseconds kRestartHealthy{30'000};  // who lived so long starts afresh

// `deaths` in a row, this one included; doubles from kRestartFirst up to kRestartMost.
std::chrono::milliseconds restart_delay(std::uint64_t deaths);

}  // namespace fuzzmill::cli
