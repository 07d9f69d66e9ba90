// One status line of libFuzzer's log, in the forms of LLVM 14 to trunk: single process and fork mode.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fuzzmill::producers {

// What a line leaves out is absent: cov while it is 0 (an uninstrumented target), corp while it is empty.
struct StatusLine {
  std::uint64_t executions = 0;
  std::string_view
      event;  // READ INITED NEW REDUCE RELOAD pulse DONE, "fork" in fork mode; a view of the line
  std::optional<std::uint64_t> coverage;
  std::optional<std::uint64_t> features;
  std::optional<std::uint64_t> corpus_files;
  std::optional<std::uint64_t> corpus_bytes;             // as exact as the unit that libFuzzer printed
  std::optional<std::uint64_t> exec_per_second;          // average since its start, whole numbers
  std::optional<std::uint64_t> ooms, timeouts, crashes;  // of fork mode
  std::optional<std::uint64_t> peak_rss_mb;              // never falls; what it uses now is in /proc
};

// Nothing when the line is no status line. Unknown words between the known ones are skipped.
std::optional<StatusLine> parse_status(std::string_view line);

}  // namespace fuzzmill::producers
