// What an engine says of itself, in the same names for all three, and its figures over all runs and
// instances. Pure; time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "producers/engine/engine.h"
#include "producers/engine/libfuzzer_log.h"
#include "schema/event.h"

namespace fuzzmill::producers {

// At one moment, of one process or instance. What the engine did not say is missing, which is not 0.
struct EngineReading {
  std::optional<std::uint64_t> executions;     // of this run of it
  std::optional<double> exec_per_second_said;  // its own average since its start
  std::optional<std::uint64_t> coverage;       // libFuzzer cov, AFL edges_found, honggfuzz edge_cov
  std::optional<std::uint64_t> corpus_files;
  std::optional<std::uint64_t> corpus_bytes;
  std::optional<std::uint64_t> crashes;           // saved, as far as it tells those from seen again
  std::optional<std::uint64_t> hangs;             // timeouts
  std::optional<std::uint64_t> last_new_path_ms;  // Unix time
  std::optional<std::uint64_t> pid;               // of the fuzzer, in its own pid namespace
  std::optional<std::uint64_t> as_of_ms;          // Unix time of the reading, when it is in there
  std::optional<std::uint64_t> instances;         // that it speaks for; missing: itself
};

// `unix_ms`: when the line was read, for the lines of libFuzzer carry no time. Empty for a copied line.
EngineReading reading_of(const StatusSeen& seen, std::uint64_t unix_ms);

// Figures of a fuzzer over its runs and instances. executions, crashes and hangs never fall: when the counter
// of a run ends, the next one's is added to it.
//
// Sources: an AFL output folder has instances, libFuzzer's -jobs one log a job; each is a source by its name.
// Counters and speeds are summed over sources. Coverage and the latest new path are the highest of them, for
// instances share what they find. Corpus files are summed for AFL, where each has its own queue.
//
// exec_per_second is a delta of executions over the time between two takes of a source, at least a second
// apart. libFuzzer prints a pulse only when its counter is a power of two, and AFL writes its statistics once
// a minute: between two of them the speed is the last one known. That a fuzzer lives is told by its processor
// time, never by the age of what it said. An instance whose statistics are five minutes older than those of
// the newest runs no more: its counters stay, its speed does not.
class EngineMetrics {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit EngineMetrics(Engine engine = Engine::kLibfuzzer) : engine_(engine) {}

  // The fuzzer was started (again). Sources of the run before keep what they counted.
  void run_started(Time now);

  void take(const EngineReading& reading, Time now, const std::string& source = {});

  // The source will say no more, as a libFuzzer job that ended: what it counted is kept, its speed is not.
  void ended(const std::string& source);

  // All sources as one. exec_per_second_said holds the speed from deltas.
  EngineReading total() const;

  // engine, executions, exec_per_second, coverage, corpus, hangs, last new path; crashes when it has none
  // yet, for those we saw ourselves count. What is not known is left as it is in `sample`.
  void fill(schema::ResourceSample& sample) const;

  // Sources over this number are left out.
  static constexpr std::size_t kMaxSources = 4096;

 private:
  struct Counter {
    std::uint64_t earlier = 0;  // of runs that ended
    std::optional<std::uint64_t> current;
    void take(std::optional<std::uint64_t> value, bool fall_is_new_run);
    void end_run();
    std::optional<std::uint64_t> sum() const;
    bool counted = false;
  };
  struct Mark {
    Time at;
    std::optional<std::uint64_t> as_of_ms;
    std::uint64_t executions = 0;
  };
  struct Source {
    Counter executions, crashes, hangs;
    EngineReading latest;
    std::optional<Mark> mark;
    std::optional<double> per_second;
  };

  static void add_up(const Source& source, bool corpora_add_up, EngineReading& total);
  void measure(Source& source, const EngineReading& reading, Time now);

  Engine engine_;
  std::optional<Time> started_;
  std::map<std::string, Source> sources_;
  Source past_;  // those that ended, together
};

}  // namespace fuzzmill::producers
