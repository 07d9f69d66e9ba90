// The line a program prints before it kills itself (cause_line.h), and libFuzzer's word about a slow input.
#pragma once

#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class CauseReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
};

}  // namespace fuzzmill::workers
