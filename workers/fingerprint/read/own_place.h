// A place that owns its names: for one that may be told and never taken, such as that of a cause which no
// report explains. What is kept in a TextPool stays there; this goes away with its reader.
#pragma once

#include <cstdint>
#include <string>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

class OwnPlace {
 public:
  OwnPlace() = default;
  explicit OwnPlace(const Frame& frame)
      : function_(frame.function), file_(frame.file), line_(frame.line), column_(frame.column) {}

  // Lives as long as this does, unchanged.
  Frame frame() const {
    Frame out;
    out.function = function_, out.file = file_, out.line = line_, out.column = column_;
    return out;
  }

 private:
  std::string function_, file_;
  std::uint32_t line_ = 0;
  std::uint32_t column_ = 0;
};

}  // namespace fuzzmill::workers
