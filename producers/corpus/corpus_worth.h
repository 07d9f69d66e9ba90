// What is known of the worth of a corpus's files, as far as the engine wrote it down.
//
//   libFuzzer   a merge control file, where there is one
//   AFL++       the names of queue entries: those that brought coverage end in "+cov"; and
//               queue/.state/redundant_edges, which has the entries that are not favoured
//   honggfuzz   nothing
// Memory: 8 bytes for each entry that is known. Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>

#include "producers/corpus/corpus_scan.h"
#include "producers/corpus/merge_control.h"
#include "producers/corpus/selection.h"

namespace fuzzmill::producers {

// What the name of an AFL++ queue entry says; pure. A name of the user's own seed ("orig:…") says nothing.
struct AflEntryName {
  bool brought_coverage = false;
  bool imported = false;  // from another instance or from us
  bool seed = false;      // it was there at the start
};
AflEntryName parse_afl_entry(std::string_view name);

class CorpusWorth {
 public:
  CorpusWorth() = default;
  explicit CorpusWorth(CoverageValues values) : values_(std::move(values)) {}

  // Of AFL++'s output folder, as it is now.
  static CorpusWorth of_afl(const std::filesystem::path& output);

  Worth of(std::string_view name) const;

 private:
  CoverageValues values_;
  bool afl_ = false;
  std::unordered_set<std::string> culled_;       // "main/queue": its favoured entries are known
  std::unordered_set<std::uint64_t> redundant_;  // hashes of names
};

}  // namespace fuzzmill::producers
