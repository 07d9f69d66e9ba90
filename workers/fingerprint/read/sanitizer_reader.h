// Reports of the sanitizers and of libFuzzer: the lines that open and sum up a report. What stands between
// is the DetailReader's.
#pragma once

#include "workers/fingerprint/read/format_reader.h"
#include "workers/fingerprint/read/header_line.h"
#include "workers/fingerprint/read/runtime_error.h"

namespace fuzzmill::workers {

class SanitizerReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;

 private:
  void on_header(ReportBuilder& builder);
  void on_runtime_error(ReportBuilder& builder);
  void on_summary(const Summary& summary, ReportBuilder& builder);

  Header header_;
  RuntimeError error_;
};

}  // namespace fuzzmill::workers
