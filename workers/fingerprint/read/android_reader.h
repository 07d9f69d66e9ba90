// Android: what libc and debuggerd log about a native crash (a tombstone).
#pragma once

#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class AndroidReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;

 private:
  Took on_signal(std::string_view rest, ReportBuilder& builder);
  bool is_ours(ReportBuilder& builder) const {
    return builder.current() != nullptr && builder.report_count() == ours_;
  }

  std::size_t ours_ = 0;  // the count of reports when this reader opened one
};

}  // namespace fuzzmill::workers
