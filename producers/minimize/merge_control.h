// libFuzzer's merge control file: what it is to run, what it has begun, and what each input showed. libFuzzer
// appends to it while it runs, so that a run that died goes on where it was:
//
//   2              files
//   0              of them in the first corpus
//   /path/one
//   /path/two
//   STARTED 0 17   number, size
//   FT 0 1 5 9     features that no file before it showed in this process
//   COV 0 3 4      edges, the same
//   STARTED 1 40   the process died here: libFuzzer leaves this file out when it goes on
//
// A target may write anything into it, and a kill may cut it anywhere: it is never believed unread. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::producers {

// A control file with which nothing has begun. REQUIRES paths without line breaks.
std::string new_control(const std::vector<std::string>& paths);

struct ControlEntry {
  bool finished = false;  // false: begun only; whoever ran it died
  std::vector<std::uint64_t> features, edges;
};
struct ControlState {
  std::vector<ControlEntry> begun;  // the first so many files
  std::optional<std::size_t> open;  // the last one begun, when it has not finished
  std::size_t whole = 0;            // bytes up to the end of what is finished, or of the head
};

// kInvalid naming the line: not a control file of exactly these paths. What a kill cuts off (a last line
// without its end, a last record without COV) is no error.
schema::Result<ControlState> read_control(std::string_view text, const std::vector<std::string>& paths);

}  // namespace fuzzmill::producers
