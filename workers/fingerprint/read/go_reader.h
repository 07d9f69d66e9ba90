// Go: panics and fatal errors with their goroutine's stack, as plain programs and libFuzzer targets print
// them.
#pragma once

#include <optional>
#include <string>

#include "workers/fingerprint/read/format_reader.h"
#include "workers/fingerprint/read/line_prefix.h"

namespace fuzzmill::workers {

class GoReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;

 private:
  struct Pending {
    std::string_view kind;  // empty: nothing happened
    std::string message;
    std::string_view signal;
    std::optional<std::uint64_t> address;
    std::optional<std::uint64_t> pc;
    std::size_t begin = 0;
    bool fatal = false;      // an error of the runtime, which nothing recovers from
    bool recovered = false;  // and panicked again: what comes is about the same
  };

  Took on_panic(std::string_view line, std::size_t at, ReportBuilder& builder);
  Took on_fatal_error(std::string_view line, std::size_t at, ReportBuilder& builder);
  Took on_goroutine(std::string_view line, std::size_t at, ReportBuilder& builder);
  Took on_function(std::string_view text, ReportBuilder& builder);
  void on_signal(std::string_view text);

  Pending pending_;
  LinePrefix prefix_;
  bool place_expected_ = false;
  bool any_frame_ = false;
};

}  // namespace fuzzmill::workers
