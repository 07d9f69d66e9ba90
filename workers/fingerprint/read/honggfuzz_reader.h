// HONGGFUZZ.REPORT.TXT: "CRASH:" sections of "KEY: value" lines and a stack of its own form.
#pragma once

#include <string>

#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class HonggfuzzReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;

 private:
  void on_signal(std::string_view text, ReportBuilder& builder);

  std::string description_;
  std::size_t begin_ = 0;
};

}  // namespace fuzzmill::workers
