// honggfuzz's --statsfile: CSV whose columns are known by their names. A line comes only with new coverage,
// so its age says nothing of whether the fuzzer lives; its log and /proc do. The file is cut to nothing when
// honggfuzz starts. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "producers/engine/line_cutter.h"
#include "producers/engine/reading.h"

namespace fuzzmill::producers {

class HonggfuzzStats {
 public:
  HonggfuzzStats() : lines_(4096) {}

  // Any piece of the file, in order.
  void feed(std::string_view chunk);
  // The file began anew: the header comes again.
  void restart();

  // Of the last whole line; nothing before there is one. crashes counts those that were saved.
  const std::optional<EngineReading>& latest() const { return latest_; }

 private:
  enum class Column {
    kOther,
    kTime,
    kLastCoverage,
    kExecutions,
    kPerSecond,
    kCrashes,
    kUnique,
    kHangs,
    kEdges,
    kCorpus
  };
  void take_line(std::string_view line);

  LineCutter lines_;
  std::vector<Column> columns_;
  std::optional<EngineReading> latest_;
};

}  // namespace fuzzmill::producers
