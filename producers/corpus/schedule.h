// When snapshots of a target are taken. Pure: the time is an argument.
//
// Daily at a time of the day (UTC) and a jitter that is the same every day, made of the node's and the
// target's names, so that a fleet does not come all at once; or every so often. A run that was missed is made
// up for once. A clock that jumps gives at most one snapshot too many: days are counted, not compared.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::producers {

struct SnapshotTimes {
  // One day: daily, at `at`. Zero: none at all. Else so often, from the last one on.
  std::chrono::milliseconds interval{24LL * 3600 * 1000};
  std::chrono::minutes at{0};       // after midnight, UTC
  std::chrono::minutes spread{30};  // the jitter is below this
  friend bool operator==(const SnapshotTimes&, const SnapshotTimes&) = default;
};

inline constexpr std::chrono::milliseconds kDaily{24LL * 3600 * 1000};

// "00:00" to "23:59". kInvalid says what may stand there.
schema::Result<std::chrono::minutes> parse_time_of_day(std::string_view text);
std::string time_of_day_text(std::chrono::minutes at);

// Below `spread`; the same for the same names.
std::chrono::milliseconds jitter_of(std::string_view node, std::string_view target,
                                    std::chrono::milliseconds spread);

// Is a snapshot due at `now_ms` when the last was taken at `last_ms` (Unix time; 0: never)? One that was
// never taken is due at once.
bool snapshot_due(const SnapshotTimes& times, std::chrono::milliseconds jitter, std::uint64_t last_ms,
                  std::uint64_t now_ms);

}  // namespace fuzzmill::producers
