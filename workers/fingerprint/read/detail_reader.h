// What stands in a sanitizer's report below its header: READ or WRITE, the object, and which stack follows.
#pragma once

#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class DetailReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
};

}  // namespace fuzzmill::workers
