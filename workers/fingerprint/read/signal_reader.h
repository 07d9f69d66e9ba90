// Signal handlers that programs bring along: glog's and abseil's "*** SIGSEGV (@0x0) received by PID 1 …",
// Chrome's "Received signal 11 SEGV_MAPERR 000000000000". Their stacks are plain frames.
#pragma once

#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class SignalReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
};

}  // namespace fuzzmill::workers
