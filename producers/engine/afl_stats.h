// AFL's own words of itself: fuzzer_stats, which is renamed into place once a minute and so may be read at
// any time, and fuzzer_setup, which holds the command line unspoilt. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "producers/engine/reading.h"
#include "producers/engine/sanitizer_options.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct AflStats {
  EngineReading reading;                  // pid of the fuzzer; as_of_ms from last_update
  std::string version;                    // ++4.22a
  std::string banner;                     // the target, cut by AFL
  std::string mode;                       // target_mode
  std::string command_line;               // words joined by blanks; AflSetup has them apart
  std::optional<std::uint64_t> start_ms;  // Unix time
  std::optional<std::uint64_t> last_update_ms;
  std::optional<std::uint64_t> last_crash_ms;  // nothing: never
  std::optional<std::uint64_t> last_hang_ms;
  std::optional<double> stability_percent;
  std::optional<std::uint64_t> exec_timeout_ms;
  std::optional<std::uint64_t> edges_total;
};

// AFL keeps at most so many of each: a count that stands here does not say that no more are found.
inline constexpr std::uint64_t kAflMaxCrashes = 10'000;
inline constexpr std::uint64_t kAflMaxHangs = 500;

// Names from before 4.00 and after; unknown ones are skipped, missing ones stay missing. Reads 64 KB at most.
// kInvalid: not one line of it is AFL's.
schema::Result<AflStats> parse_afl_stats(std::string_view text);

struct AflSetup {
  Variables environment;  // AFL_… alone
  std::vector<std::string> argv;
};
// kInvalid: it holds no command line.
schema::Result<AflSetup> parse_afl_setup(std::string_view text);

}  // namespace fuzzmill::producers
