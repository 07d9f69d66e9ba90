// What people say about a target: a [[target]] of the agent's file, or the command line of `fuzzmill run`.
// Values only; target_plan.h looks everything up.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "producers/agent/supervise.h"
#include "producers/corpus/schedule.h"
#include "producers/corpus/selection.h"
#include "producers/corpus/target_sharing.h"
#include "producers/engine/engine.h"
#include "producers/engine/sanitizer_options.h"

namespace fuzzmill::producers {

// When crashes are run again on the node.
enum class ReplayWhen {
  kNever,
  kMissing,  // no report came with the artifact
  kAlways,   // the report of the fuzzer is kept beside those of the replays
};

struct ReplayConfig {
  ReplayWhen when = ReplayWhen::kMissing;
  std::vector<std::string> command;  // "@@" stands for the input; empty: as the fuzzer's own command says
  std::uint64_t tries = 5;
  std::chrono::milliseconds time_limit{60'000};  // of one try
  std::uint64_t memory_mb = 4096;                // resident, of all processes of one try
  friend bool operator==(const ReplayConfig&, const ReplayConfig&) = default;
};

struct TargetConfig {
  std::string name;                   // schema::valid_name()
  std::vector<std::string> command;   // empty: somebody else runs it, and we watch `output`
  std::optional<Engine> engine;       // none: told by the command
  std::filesystem::path working_dir;  // empty: ours
  Variables environment;
  std::filesystem::path output;  // of a target that somebody else runs: its output or artifact folder
  std::filesystem::path
      artifacts;  // where libFuzzer's artifacts go when its command does not say; empty: ours
  std::optional<std::filesystem::path> corpus;  // none: as the command says
  std::optional<std::uint64_t> watch_pid;       // of a fuzzer that somebody else runs
  ReplayConfig replay;

  SnapshotTimes snapshots;  // of the corpus; one more at the stop
  SelectionPolicy selection;
  ShareSettings share;
  std::chrono::milliseconds stop_grace{10'000};  // from SIGTERM to SIGKILL
  std::chrono::milliseconds evidence_wait{
      10'000};  // an artifact of a living fuzzer waits so long for its report
  RestartPolicy restart;

  friend bool operator==(const TargetConfig&, const TargetConfig&) = default;
};

}  // namespace fuzzmill::producers
