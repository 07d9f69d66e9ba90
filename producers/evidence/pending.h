// Crashes that wait for their replay, on disk: AFL++ clears its crash folder when it starts anew, and a
// replay takes longer than that. A crash is in here from the moment it is seen until it is published.
//
// Files for each: NAME.input with the bytes, NAME.report if there is one, then NAME.event with the
// crash.found event that will be published, so that a half-kept one is told by its missing event. All are
// synced. What is kept twice is one. Nothing of them is in memory: a hundred thousand may wait. Not thread
// safe; one process at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct PendingCrash {
  schema::Event event;                          // body: CrashFound
  std::filesystem::path input;                  // of its bytes
  schema::Sha256 content{};                     // of them
  std::optional<std::filesystem::path> report;  // of the fuzzer
};

class PendingCrashes {
 public:
  // Makes the folder; what waits in it stays under `max_bytes`. kDenied.
  static schema::Result<PendingCrashes> open(std::filesystem::path folder, std::uint64_t max_bytes);

  // Durable on return. kUnavailable: not kept, as the disk or what may wait here is full.
  schema::Result<PendingCrash> keep(schema::Event event, const std::string& input,
                                    const std::optional<std::string>& report);
  bool holds(const std::string& kind, const schema::Sha256& content) const;
  void forget(const PendingCrash& crash);

  // Some of what waits, at most `count`, without those whose input is in `but`; half-kept ones are removed,
  // and those that cannot be read now are left for later.
  std::vector<PendingCrash> list(std::size_t count, const std::set<std::filesystem::path>& but) const;

 private:
  PendingCrashes(std::filesystem::path folder, std::uint64_t max_bytes)
      : folder_(std::move(folder)), max_bytes_(max_bytes) {}
  std::filesystem::path folder_;
  std::uint64_t max_bytes_;
  std::uint64_t bytes_ = 0;
};

}  // namespace fuzzmill::producers
