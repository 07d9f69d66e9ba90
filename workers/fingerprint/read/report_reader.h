// Reads every report out of a text: a log, a stderr, a sanitizer's own file. One pass, linear in the
// text, no regular expressions; bounds in report.h. Never fails: what it cannot read is kind "unknown".
// Pure; any thread may call.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

struct Reports {
  std::vector<Report> all;  // in the order of the text; never empty
  std::size_t primary = 0;  // the one that the text is about: what the process died of
};

Reports read_reports(std::string_view text);

// The primary report of the text.
Report parse_report(std::string_view text);

}  // namespace fuzzmill::workers
