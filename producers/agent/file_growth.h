// Follows a file that something else writes: what was added since the last look. The shell around
// GrowingFile.
#pragma once

#include <filesystem>
#include <string>

#include "producers/engine/growing_file.h"

namespace fuzzmill::producers {

class FileGrowth {
 public:
  explicit FileGrowth(std::filesystem::path file) : file_(std::move(file)) {}

  // Nothing when it is not there. No link is followed.
  GrowingFile::Growth read();
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  GrowingFile growing_;
};

}  // namespace fuzzmill::producers
