// Reads every report out of a text: a log, a stderr, a sanitizer's own file. One pass, linear in the
// text, no regular expressions; bounds in report.h. Never fails: what it cannot read is kind "unknown".
// Pure; any thread may call.
//
// How: each line is offered to the readers of the formats (format_reader.h) that one of its words belongs
// to, and they feed one ReportBuilder (report_builder.h). To add a format: write its reader, and give it a
// place and its words in the tables of report_reader.cc.
#pragma once

#include <string_view>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/read/report_builder.h"

namespace fuzzmill::workers {

Reports read_reports(std::string_view text);

// The primary report of the text.
Report parse_report(std::string_view text);

}  // namespace fuzzmill::workers
