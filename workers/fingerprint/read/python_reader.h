// Python: uncaught exceptions with their traceback, as the interpreter, Atheris and PySecSan print them,
// and the interpreter's own fatal errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/read/format_reader.h"
#include "workers/fingerprint/read/line_prefix.h"

namespace fuzzmill::workers {

class PythonReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;
  void end(ReportBuilder& builder) override { close(builder); }

 private:
  enum class State {
    kIdle,
    kName,       // the exception's name follows (Atheris prints it before the traceback)
    kTraceback,  // frames, outermost first
    kFatal       // frames, innermost first
  };

  struct HeldFrame {
    std::string function, file;
    std::uint32_t line;
  };

  void hold(const Frame& frame);
  Took on_traceback(std::string_view line, std::size_t at, ReportBuilder& builder);
  Took on_headless(std::string_view line, ReportBuilder& builder);
  Took on_traceback_line(std::string_view text, ReportBuilder& builder);
  void open(std::string_view kind, Rank rank, ReportBuilder& builder);
  void close(ReportBuilder& builder);

  State state_ = State::kIdle;
  LinePrefix prefix_;
  std::string exception_;  // "ValueError: text", where it stood before the traceback
  std::string_view fatal_kind_;
  std::vector<HeldFrame> frames_;  // as printed
  bool uncaught_ = false;          // somebody said so
  bool chained_ = false;           // another exception follows, raised because of the last one
  std::size_t begin_ = 0;
};

}  // namespace fuzzmill::workers
