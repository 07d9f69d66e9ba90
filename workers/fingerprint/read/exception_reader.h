// Uncaught exceptions of Java (Jazzer, Android, plain), JavaScript (Jazzer.js, node) and C#, which print
// their stacks alike: the exception's name, then lines that begin with "at ".
#pragma once

#include <string>
#include <string_view>

#include "workers/fingerprint/read/format_reader.h"
#include "workers/fingerprint/read/line_prefix.h"

namespace fuzzmill::workers {

class ExceptionReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;

 private:
  enum class State {
    kIdle,
    kName,    // somebody said that an exception was not caught; its name follows
    kMaybe,   // the line before may be an exception's name, if a stack follows
    kFrames,  // name and message are known, more lines of a message or frames follow
  };

  Took begin(std::string_view line, std::size_t at, std::string_view exception, std::string_view language,
             Rank rank, ReportBuilder& builder);
  Took on_loose_stack(std::string_view text, ReportBuilder& builder);
  Took on_name(std::string_view text, ReportBuilder& builder);
  Took on_stack(std::string_view text, ReportBuilder& builder);
  bool open(std::string_view exception, std::string_view language, Rank rank, ReportBuilder& builder);

  State state_ = State::kIdle;
  LinePrefix prefix_;
  std::string maybe_;  // the line before
  std::string_view language_;
  std::size_t begin_ = 0;
  int lines_left_ = 0;
  bool in_cause_ = false;
};

}  // namespace fuzzmill::workers
