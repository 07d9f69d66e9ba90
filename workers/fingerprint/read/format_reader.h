// A reader of one format: knows the lines of a Go panic, of an Android tombstone and so on, and feeds what
// they say to a ReportBuilder. One object reads one text; report_reader.cc chooses it line by line.
#pragma once

#include <cstdint>
#include <string_view>

#include "workers/fingerprint/read/report_builder.h"

namespace fuzzmill::workers {

enum class Took : std::uint8_t {
  kNo,           // the line is none of this reader's: others are asked
  kYes,          // nobody else sees the line
  kAndNext,      // nor that, and the next line is this reader's before anyone else's
  kOnlyLooking,  // as kNo, but the next line is this reader's first
};

class FormatReader {
 public:
  virtual ~FormatReader() = default;

  // A line that may hold one of the reader's words (report_reader.cc).
  virtual Took line(std::string_view line, ReportBuilder& builder) = 0;

  // A line after one that this reader answered kAndNext or kOnlyLooking to, whatever it holds.
  virtual Took next(std::string_view, ReportBuilder&) { return Took::kNo; }

  // The text ended where next() would have been called.
  virtual void end(ReportBuilder&) {}
};

}  // namespace fuzzmill::workers
