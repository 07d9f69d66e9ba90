// Rust: panics in the wording before and since 1.73, with or without RUST_BACKTRACE, and the runtime's own
// last words (stack overflow, out of memory).
#pragma once

#include <string>

#include "workers/fingerprint/read/format_reader.h"
#include "workers/fingerprint/read/line_prefix.h"
#include "workers/fingerprint/read/own_place.h"

namespace fuzzmill::workers {

class RustReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;
  void end(ReportBuilder& builder) override;

 private:
  enum class State { kIdle, kMessage, kQuoted, kBacktrace };

  Took on_panic(std::string_view line, std::string_view rest, ReportBuilder& builder);
  Took on_quoted(std::string_view text, ReportBuilder& builder);
  Took on_backtrace(std::string_view text, ReportBuilder& builder);
  void open(std::string_view message, ReportBuilder& builder);

  State state_ = State::kIdle;
  LinePrefix prefix_;
  std::string message_;  // the first line of one that is not closed yet
  OwnPlace place_;
  std::size_t begin_ = 0;
  int lines_left_ = 0;
};

}  // namespace fuzzmill::workers
