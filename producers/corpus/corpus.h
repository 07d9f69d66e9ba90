// A corpus folder as it is now, and the part of it that a snapshot carries: the newest files within limits.
// Nothing is written or removed here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "broker/spool.h"
#include "schema/event.h"

namespace fuzzmill::producers {

struct CorpusLimits {
  std::size_t files = 256;
  std::uint64_t file_bytes = 1u << 20;
  std::uint64_t bytes = 8u << 20;  // of all chosen files
};

struct CorpusFile {
  std::filesystem::path path;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds; only compared
};

// Takes files one by one and keeps the newest `files` that are small enough. Pure; memory is bounded by the
// limits, not by the corpus.
class NewestFiles {
 public:
  explicit NewestFiles(CorpusLimits limits) : limits_(limits) {}

  void offer(CorpusFile file);
  // Newest first, as many as fit into `bytes`. Of one age, by path.
  std::vector<CorpusFile> take();

  std::uint64_t seen_files() const { return files_; }
  std::uint64_t seen_bytes() const { return bytes_; }

 private:
  CorpusLimits limits_;
  std::vector<CorpusFile> heap_;  // the oldest on top
  std::uint64_t files_ = 0, bytes_ = 0;
};

struct Snapshot {
  schema::CorpusSnapshot body;
  std::vector<broker::Attachment> files;
};

// Reads the folder and its sub-folders, as libFuzzer does; links are not followed. A missing folder is empty.
Snapshot take_snapshot(const std::filesystem::path& folder, const CorpusLimits& limits);

}  // namespace fuzzmill::producers
