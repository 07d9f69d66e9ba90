// Which of several reports a text is about, and what a stack says about a kind that is only a signal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

// How surely the process died of a report, in rising order.
enum class Rank : std::uint8_t {
  kLogged,   // an exception's trace without a word that nobody caught it
  kMayGoOn,  // a sanitizer that need not stop the process
  kUncaught,
  kFatal,
  kAborted,  // and the sanitizer said that it ends the process
};

// What the reader noticed about a report besides its content.
struct Standing {
  Rank rank = Rank::kFatal;
  bool complete = false;              // its end was seen
  bool direct_leak = false;           // of a leak report: not only indirect leaks
  bool uncaught = false;              // an exception or a panic: a signal that follows is only how it ends
  std::uint64_t object_distance = 0;  // bytes from the address to the object
  Frame place;                        // of a UBSan line: stands in for a stack that was not printed
};

// The report that the process died of: the highest rank, and the first of that (of those that were only
// logged the last). Two exceptions: a bare signal raised by UBSan's own exit is about the UBSan report before
// it, and a leak report with direct leaks goes before one without. REQUIRES as many standings as reports, and
// at least one.
std::size_t choose_primary(const std::vector<Report>& reports, const std::vector<Standing>& standings);

// "deadly-signal" becomes "abort" where the stack shows it, and both become "stack-smashing" and the
// like. An assert or an exception without its text stays "abort": that is all the report says.
void refine_kind(Report& report);

}  // namespace fuzzmill::workers
