#include "workers/fingerprint/read/cause_reader.h"

#include <utility>

#include "workers/fingerprint/read/cause_line.h"

namespace fuzzmill::workers {

Took CauseReader::line(std::string_view line, ReportBuilder& builder) {
  Cause cause;
  if (read_cause(line, cause)) {
    builder.set_cause(std::move(cause));
  } else if (!builder.cause().kind.empty()) {
    read_what(line, builder.cause());
  } else if (line.starts_with("Slowest unit: ")) {
    builder.note_slow_unit();
  }
  return Took::kNo;
}

}  // namespace fuzzmill::workers
