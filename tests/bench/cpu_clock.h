// Processor time that this process and a redis-server have used since construction. Linux only.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "tests/bench/process_tree.h"

namespace fuzzmill::bench {

class CpuClock {
 public:
  explicit CpuClock(pid_t redis) : redis_(redis), redis_start_(redis_now()), own_start_(own_now()) {}
  double own_us() const { return (own_now() - own_start_) * 1e6; }
  double redis_us() const { return (redis_now() - redis_start_) * 1e6; }

 private:
  static double own_now() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
  }
  double redis_now() const {
    double seconds = 0;
    for (const ProcessUse& process : process_tree(redis_)) seconds += process.cpu_seconds;
    return seconds;
  }

  pid_t redis_;
  double redis_start_, own_start_;  // in this order: looking at Redis is work of ours
};

}  // namespace fuzzmill::bench
