#include "producers/engine/libfuzzer_metrics.h"

#include <algorithm>

namespace fuzzmill::producers {

void LibfuzzerMetrics::run_started(Time now) {
  earlier_runs_ += this_run_;
  this_run_ = 0;
  started_ = now;
  per_second_.reset();
}

void LibfuzzerMetrics::status(const StatusSeen& seen, Time now) {
  seen_ = true;
  this_run_ =
      std::max(this_run_, seen.executions);  // fork mode echoes lines of its children, which count anew
  const double seconds = std::chrono::duration<double>(now - started_).count();
  if (seconds > 0) per_second_ = static_cast<double>(this_run_) / seconds;
  // What a line leaves out keeps its last value.
  if (seen.coverage) latest_.coverage = seen.coverage;
  if (seen.corpus_files) latest_.corpus_files = seen.corpus_files;
  if (seen.corpus_bytes) latest_.corpus_bytes = seen.corpus_bytes;
}

void LibfuzzerMetrics::fill(schema::ResourceSample& sample) const {
  sample.engine = "libfuzzer";
  if (!seen_) return;
  sample.executions = earlier_runs_ + this_run_;
  sample.exec_per_second = per_second_;
  sample.coverage = latest_.coverage;
  sample.corpus_files = latest_.corpus_files;
  sample.corpus_bytes = latest_.corpus_bytes;
}

}  // namespace fuzzmill::producers
