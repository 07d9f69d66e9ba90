#include "producers/engine/reading.h"

#include <algorithm>

namespace fuzzmill::producers {
namespace {

using Number = std::optional<std::uint64_t>;

constexpr std::uint64_t kSilentMs = 5 * 60'000;  // AFL writes its statistics once a minute
constexpr double kShortest = 1.0;                // seconds; a speed over less is noise

// How a counter tells that a new run began. Fork mode echoes lines of libFuzzer's children, which count anew,
// so a fall says nothing there; AFL's counter goes on after an in-place resume and restarts otherwise, and
// honggfuzz's file may still be the one of the run before.
struct Policy {
  bool start_is_new_run;
  bool fall_is_new_run;
  bool corpora_add_up;
};
constexpr Policy policy_of(Engine engine) {
  switch (engine) {
    case Engine::kAfl:
      return {false, true, true};
    case Engine::kHonggfuzz:
      return {false, true, false};
    case Engine::kLibfuzzer:
      break;
  }
  return {true, false, false};
}

void add(Number& sum, const Number& value) {
  if (value) sum = sum.value_or(0) + *value;
}
void raise(Number& highest, const Number& value) {
  if (value) highest = std::max(highest.value_or(0), *value);
}
template <class T>
void keep(std::optional<T>& latest, const std::optional<T>& value) {
  if (value) latest = value;
}

}  // namespace

EngineReading reading_of(const StatusSeen& seen, std::uint64_t unix_ms) {
  EngineReading reading;
  if (seen.copied) return reading;
  reading.executions = seen.executions;
  if (seen.exec_per_second) reading.exec_per_second_said = static_cast<double>(*seen.exec_per_second);
  reading.coverage = seen.coverage;
  reading.corpus_files = seen.corpus_files;
  reading.corpus_bytes = seen.corpus_bytes;
  if (seen.crashes || seen.ooms) reading.crashes = seen.crashes.value_or(0) + seen.ooms.value_or(0);
  reading.hangs = seen.timeouts;
  if (seen.new_path) reading.last_new_path_ms = unix_ms;
  return reading;
}

void EngineMetrics::Counter::take(Number value, bool fall_is_new_run) {
  if (!value) return;
  counted = true;
  if (current && *value < *current) {
    if (!fall_is_new_run) return;
    end_run();
  }
  current = value;
}

void EngineMetrics::Counter::end_run() {
  earlier += current.value_or(0);
  current.reset();
}

Number EngineMetrics::Counter::sum() const {
  if (!counted) return std::nullopt;
  return earlier + current.value_or(0);
}

void EngineMetrics::run_started(Time now) {
  started_ = now;
  for (auto& [name, source] : sources_) {
    source.per_second.reset();
    source.mark.reset();
    if (!policy_of(engine_).start_is_new_run) continue;
    for (Counter* counter : {&source.executions, &source.crashes, &source.hangs}) counter->end_run();
  }
}

void EngineMetrics::take(const EngineReading& reading, Time now, const std::string& source_name) {
  if (sources_.size() >= kMaxSources && sources_.count(source_name) == 0) return;
  Source& source = sources_[source_name];
  const bool fall = policy_of(engine_).fall_is_new_run;
  const Number before = source.executions.current;
  source.executions.take(reading.executions, fall);
  source.crashes.take(reading.crashes, fall);
  source.hangs.take(reading.hangs, fall);
  if (before && source.executions.current && *source.executions.current < *before) source.mark.reset();
  measure(source, reading, now);
  // What a reading leaves out keeps its last value.
  keep(source.latest.exec_per_second_said, reading.exec_per_second_said);
  keep(source.latest.coverage, reading.coverage);
  keep(source.latest.corpus_files, reading.corpus_files);
  keep(source.latest.corpus_bytes, reading.corpus_bytes);
  keep(source.latest.last_new_path_ms, reading.last_new_path_ms);
  keep(source.latest.pid, reading.pid);
  keep(source.latest.instances, reading.instances);
  keep(source.latest.as_of_ms, reading.as_of_ms);
}

void EngineMetrics::measure(Source& source, const EngineReading& reading, Time now) {
  if (!source.executions.current || !reading.executions) return;
  const Mark mark{now, reading.as_of_ms, *source.executions.current};
  if (!source.mark) {
    if (started_ && policy_of(engine_).start_is_new_run) {
      const double seconds = std::chrono::duration<double>(now - *started_).count();
      if (seconds > 0) source.per_second = static_cast<double>(mark.executions) / seconds;
      source.mark = Mark{*started_, {}, 0};
      if (seconds < kShortest) return;
    }
    source.mark = mark;
    return;
  }
  double seconds = std::chrono::duration<double>(now - source.mark->at).count();
  if (mark.as_of_ms && source.mark->as_of_ms) {
    if (*mark.as_of_ms == *source.mark->as_of_ms) return;  // read already
    if (*mark.as_of_ms < *source.mark->as_of_ms) {         // its clock was set back
      source.mark = mark;
      return;
    }
    seconds = static_cast<double>(*mark.as_of_ms - *source.mark->as_of_ms) / 1000;
  }
  if (seconds < kShortest || mark.executions < source.mark->executions) return;
  source.per_second = static_cast<double>(mark.executions - source.mark->executions) / seconds;
  source.mark = mark;
}

void EngineMetrics::ended(const std::string& name) {
  const auto at = sources_.find(name);
  if (at == sources_.end()) return;
  const auto move_to = [](Counter& past, const Counter& counter) {
    past.earlier += counter.sum().value_or(0);
    past.counted = past.counted || counter.counted;
  };
  const Source& source = at->second;
  move_to(past_.executions, source.executions);
  move_to(past_.crashes, source.crashes);
  move_to(past_.hangs, source.hangs);
  raise(past_.latest.coverage, source.latest.coverage);
  raise(past_.latest.corpus_files, source.latest.corpus_files);
  raise(past_.latest.corpus_bytes, source.latest.corpus_bytes);
  raise(past_.latest.last_new_path_ms, source.latest.last_new_path_ms);
  sources_.erase(at);
}

void EngineMetrics::add_up(const Source& source, bool corpora_add_up, EngineReading& total) {
  add(total.executions, source.executions.sum());
  add(total.crashes, source.crashes.sum());
  add(total.hangs, source.hangs.sum());
  raise(total.coverage, source.latest.coverage);
  raise(total.last_new_path_ms, source.latest.last_new_path_ms);
  (corpora_add_up ? add : raise)(total.corpus_files, source.latest.corpus_files);
  (corpora_add_up ? add : raise)(total.corpus_bytes, source.latest.corpus_bytes);
}

EngineReading EngineMetrics::total() const {
  EngineReading total;
  add_up(past_, false, total);
  Number newest;
  for (const auto& [name, source] : sources_) raise(newest, source.latest.as_of_ms);
  for (const auto& [name, source] : sources_) {
    add_up(source, policy_of(engine_).corpora_add_up, total);
    // Its statistics lie there still, but it does not write them any more.
    if (source.latest.as_of_ms && *source.latest.as_of_ms + kSilentMs < newest.value_or(0)) continue;
    add(total.instances, source.latest.instances.value_or(1));
    auto speed = source.per_second;
    if (!speed && source.latest.exec_per_second_said.value_or(0) > 0)
      speed = source.latest.exec_per_second_said;
    if (speed) total.exec_per_second_said = total.exec_per_second_said.value_or(0) + *speed;
    if (!total.pid) total.pid = source.latest.pid;
  }
  return total;
}

void EngineMetrics::fill(schema::ResourceSample& sample) const {
  sample.engine = engine_name(engine_);
  const auto all = total();
  keep(sample.executions, all.executions);
  keep(sample.exec_per_second, all.exec_per_second_said);
  keep(sample.coverage, all.coverage);
  keep(sample.corpus_files, all.corpus_files);
  keep(sample.corpus_bytes, all.corpus_bytes);
  if (!sample.crashes) sample.crashes = all.crashes;
  keep(sample.hangs, all.hangs);
  keep(sample.last_new_path_ms, all.last_new_path_ms);
}

}  // namespace fuzzmill::producers
