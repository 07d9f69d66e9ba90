// How each engine is asked what the inputs of a shard show.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "producers/engine/engine.h"
#include "producers/engine/sanitizer_options.h"
#include "producers/minimize/measured.h"
#include "runtime/child_process.h"

namespace fuzzmill::producers {

struct InputLimits {
  std::chrono::milliseconds timeout{10'000};  // of one input
  std::uint64_t memory_mb = 2048;
};

// The fuzzer whose corpus it is.
struct MinimizeTarget {
  Engine engine = Engine::kLibfuzzer;
  std::vector<std::string> before;   // wrappers, as of recognise()
  std::vector<std::string> command;  // the fuzzer's own
  Variables environment;             // beside ours
  std::filesystem::path working_dir;
};

// Inputs of one shard, as files of ours under the hex of their SHA-256.
struct Shard {
  std::filesystem::path folder;     // of its own; what is kept there says how far it came
  std::vector<CorpusInput> inputs;  // rising
  std::filesystem::path files;      // input_path(files, sha256) is where each lies
};
std::filesystem::path input_path(const std::filesystem::path& files, const schema::Sha256& sha256);

// What is told while it goes on; any thread.
struct MeasureTalk {
  std::function<void(std::size_t inputs)> done;      // that many more
  std::function<void(const std::string& text)> say;  // for people: set aside, begun anew
};

// Runs each input of the shard. Killed at any moment and called again it goes on, and gives the same. An
// input that crashes, hangs or takes too much memory is in the answer with its failure, and failure_file()
// has how it ended and what it reported. Blocks; its processes die with the thread and the process. kInvalid:
// the target cannot run, or is not what the engine wants (with what it said). kUnavailable: stopped; disk
// full.
schema::Result<Measured> measure_libfuzzer(const MinimizeTarget& target, const InputLimits& limits,
                                           const Shard& shard, const MeasureTalk& talk, std::stop_token stop);
schema::Result<Measured> measure_afl(const MinimizeTarget& target, const InputLimits& limits,
                                     const Shard& shard, const MeasureTalk& talk, std::stop_token stop);

// How an input failed.
struct InputFailure {
  std::string kind;  // crash, timeout, oom
  runtime::ExitStatus exit;
  std::string report;  // standard error, bounded
};
std::filesystem::path failure_file(const std::filesystem::path& folder, const schema::Sha256& sha256);
schema::Status keep_failure(const std::filesystem::path& folder, const schema::Sha256& sha256,
                            const InputFailure& failure);
schema::Result<InputFailure> read_failure(const std::filesystem::path& folder, const schema::Sha256& sha256);

// Ends processes that carry `mark` in their environment: what a killed run of ours left behind.
inline constexpr const char* kMinimizeMark = "FUZZMILL_MINIMIZE";
void end_left_over(const std::string& mark);

// The whole of a file; kNotFound, kTooLarge, kUnavailable.
schema::Result<std::string> read_whole(const std::filesystem::path& file, std::uint64_t limit);

}  // namespace fuzzmill::producers
