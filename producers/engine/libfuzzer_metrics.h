// Figures of a fuzzer over all its runs, from status lines. Pure; time is an argument.
//
// libFuzzer prints a pulse only when its counter is a power of two, so between two samples there may be no
// line: exec_per_second is the average of the current run up to its latest line. That a fuzzer lives is told
// by its processor time, never by the age of its log.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "producers/engine/libfuzzer_log.h"
#include "schema/event.h"

namespace fuzzmill::producers {

class LibfuzzerMetrics {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void run_started(Time now);
  void status(const StatusSeen& seen, Time now);

  // executions (of all runs together; never falls), exec_per_second, coverage, corpus.
  void fill(schema::ResourceSample& sample) const;

 private:
  Time started_;
  std::uint64_t earlier_runs_ = 0;  // executions
  std::uint64_t this_run_ = 0;
  std::optional<double> per_second_;
  StatusSeen latest_;
  bool seen_ = false;
};

}  // namespace fuzzmill::producers
