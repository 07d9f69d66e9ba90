// A smaller corpus that shows the same coverage: `fuzzmill corpus minimize`.
//
// The corpus is copied into a work folder, split into shards by content, each shard measured by its engine,
// several at a time, and of all inputs those chosen that show something new (measured.h). The corpus itself
// is only read. What has been done lies in the work folder, so that a run that was killed at any moment goes
// on where it was and ends with the same files:
//
//   WORK/inputs            what is minimised: a line "<sha256> <size>" each, and the options; whole or not
//   there WORK/files/ab/<sha256> the inputs WORK/shard-N/          control file of the engine,
//   failed-<sha256>.txt; `measured` once it is done WORK/check/            the same for the chosen ones
//   together, run once more WORK/result/           becomes the output folder by one rename
//
//   OUTPUT/corpus/<sha256>            the smaller corpus
//   OUTPUT/crashers/<sha256>.<kind>   inputs that crash, hang or take too much memory, with <…>.txt, the
//   report OUTPUT/minimize.json              what was done, for people and programs
//
// Threads: any; it blocks.
#pragma once

#include <optional>

#include "producers/minimize/engine_measure.h"

namespace fuzzmill::producers {

struct MinimizeOptions {
  std::vector<std::filesystem::path> corpus;  // folders, with their sub-folders; hidden ones are left out
  std::filesystem::path output;               // must not be there
  std::filesystem::path work;                 // on the same file system as `output`
  MinimizeTarget target;
  InputLimits limits;
  std::uint64_t max_input = 1u << 20;  // larger ones are left out, and counted
  std::size_t jobs = 1;
  std::size_t shard_inputs = 2000;  // at most
  bool anew = false;                // forget what a run before did
};

struct MinimizeProgress {
  std::function<void(const std::string& stage, std::uint64_t done, std::uint64_t all)> step;
  std::function<void(const std::string& text)> say;
};

struct CorpusMeasure {
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t features = 0, edges = 0;
};

struct Crasher {
  schema::Sha256 sha256{};
  std::uint64_t size = 0;
  std::string kind;  // crash, timeout, oom
  runtime::ExitStatus exit;
  std::filesystem::path input, report;  // in the output folder; report may be missing
};

struct Minimized {
  CorpusMeasure before;        // distinct inputs
  CorpusMeasure after;         // as the chosen ones showed together, run once more
  std::uint64_t copies = 0;    // files with the content of another one
  std::uint64_t left_out = 0;  // over max_input
  std::uint64_t unread = 0;    // that could not be read
  std::size_t shards = 0;
  std::vector<Crasher> crashers;
  std::filesystem::path output;
};

// kInvalid: options, or the target cannot run. kNotFound: no corpus. kConflict: the output is there, another
// process works in the work folder, or what lies there was begun with other options. kUnavailable: stopped,
// or the disk is full.
schema::Result<Minimized> minimize(const MinimizeOptions& options, const MinimizeProgress& progress,
                                   std::stop_token stop);

// What minimize() would take, for a dry run; nothing is written.
struct CorpusLook {
  std::uint64_t files = 0, bytes = 0, left_out = 0, unread = 0;
  std::size_t shards = 0;
};
schema::Result<CorpusLook> look_at_corpus(const MinimizeOptions& options);

}  // namespace fuzzmill::producers
