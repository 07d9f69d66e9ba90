// libFuzzer's merge control file (-merge_control_file): which file of a corpus brought how much coverage.
//
//   2                   files
//   1                   of these in the first corpus
//   corpus/a            their names
//   corpus/b
//   STARTED 0 17        index and size
//   FT 0 3 9 12         features; with -set_cover_merge all of the file's, else those no file before had
//   COV 0 5             edges
//   STARTED 1 9         no FT: that file crashed
//
// Hostile: a corrupt one is said to be corrupt and nothing of it is used. Read as a stream; memory is bounded
// by the number of names (8 bytes each). Pure. Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::producers {

inline constexpr std::uint64_t kMaxMergeControlFiles = 500'000;

// How many features each file brought that no file before it had; by the hash of the file's name without its
// folders. Files that brought none are not in it.
class CoverageValues {
 public:
  std::uint32_t of(std::string_view name) const;  // 0: none, or not known
  void add(std::uint64_t name_hash, std::uint32_t features);
  std::size_t size() const { return values_.size(); }
  static std::uint64_t hash(std::string_view name);  // of what stands behind its last '/'

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> values_;
};

class MergeControlReader {
 public:
  // kInvalid names the line and what is wrong; kTooLarge over the number of files. After an error: no more.
  schema::Status feed(std::string_view chunk);
  // A file that is cut short in its records is what a merge that was killed left: the rest of it counts.
  schema::Result<CoverageValues> finish();

 private:
  schema::Status line_ended();
  schema::Status count_line();
  schema::Status word_ended();
  void record_ended();
  schema::Error wrong(std::string_view what) const;

  enum class Part { kFiles, kFirstCorpus, kNames, kRecords };
  Part part_ = Part::kFiles;
  std::string text_;  // of the line or word that is not whole yet
  std::uint64_t line_ = 1;
  std::uint64_t files_ = 0;
  std::vector<std::uint64_t> names_;  // hashes, by index

  enum class Record { kNone, kStarted, kFeatures, kEdges };
  Record record_ = Record::kNone;
  std::size_t word_ = 0;  // of the line
  std::uint64_t index_ = 0;
  std::uint32_t fresh_ = 0;
  std::vector<bool> seen_;  // features, by their low bits
  CoverageValues values_;
};

// kNotFound, kDenied, and those of the reader.
schema::Result<CoverageValues> read_merge_control(const std::filesystem::path& file);

}  // namespace fuzzmill::producers
