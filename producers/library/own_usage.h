// What this process itself uses, between one look and the next. Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>

namespace fuzzmill::producers {

struct OwnUsage {
  std::uint64_t interval_ms = 0;
  double cpu_percent = 0;  // of one core, over the interval
  double rss_mb = 0;       // in units of 1,048,576 bytes; 0 where /proc cannot be read
  std::uint64_t threads = 0;
};

class OwnUsageMeter {
 public:
  OwnUsageMeter();
  OwnUsage look();

 private:
  std::chrono::steady_clock::time_point last_;
  std::chrono::microseconds cpu_;
};

}  // namespace fuzzmill::producers
