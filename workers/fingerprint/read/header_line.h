// The line that opens a report: "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x…",
// "==1== ERROR: libFuzzer: deadly signal", "WARNING: MemorySanitizer: use-of-uninitialized-value" …;
// and SUMMARY lines, which name the kind a second time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::workers {

struct Header {
  std::string kind;
  std::string_view tool;  // AddressSanitizer, libFuzzer …; a view of the line
  bool fatal = true;      // false: the process may have gone on (ThreadSanitizer)
  bool complete = false;  // nothing more will follow that could be missing
  std::optional<std::uint64_t> address;
  std::optional<std::uint64_t> pc;
};

bool read_header(std::string_view line, Header& out);

struct Summary {
  std::string kind;  // empty where the summary names none ("77 byte(s) leaked")
  std::string_view tool;
};

bool read_summary(std::string_view line, Summary& out);

// The kind for what a tool says went wrong: by the table of wordings, else the first word with
// underscores as hyphens. "unknown-crash" when that is no word.
std::string kind_of_wording(std::string_view wording);

}  // namespace fuzzmill::workers
