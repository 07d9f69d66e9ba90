// Valgrind's memcheck: "==12== Invalid read of size 4" and what follows with the same "==12==".
#pragma once

#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class ValgrindReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;

 private:
  void on_block(std::string_view text, ReportBuilder& builder);
};

}  // namespace fuzzmill::workers
