// How large a corpus is, where its engine does not say. A look at a hundred thousand files takes a tenth of a
// second, so it is taken rarely, and not at all while the folder did not change.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace fuzzmill::producers {

struct CorpusSize {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

class CorpusMeasure {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit CorpusMeasure(std::filesystem::path folder, std::chrono::minutes every = std::chrono::minutes(30))
      : folder_(std::move(folder)), every_(every) {}

  // As of the last look, which may be now. Nothing when there is no such folder. Files of its sub-folders do
  // not count; a change in them is not a change of the folder.
  std::optional<CorpusSize> size(Time now);

 private:
  std::filesystem::path folder_;
  std::chrono::minutes every_;
  std::optional<Time> looked_;
  std::optional<std::filesystem::file_time_type> changed_;
  std::optional<CorpusSize> size_;
};

}  // namespace fuzzmill::producers
