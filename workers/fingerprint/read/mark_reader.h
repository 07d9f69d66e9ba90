// What a report says of a crash beside its kind (schema/crash_mark.h): a line with one of the words of the
// table in mark_reader.cc, or the instruction that gdb shows. It only looks: other readers get the line, too.
#pragma once

#include <optional>
#include <string_view>

#include "schema/crash_mark.h"
#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

std::optional<schema::Mark> mark_of_line(std::string_view line);

class MarkReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
};

}  // namespace fuzzmill::workers
