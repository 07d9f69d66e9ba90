// Text in, fingerprint out: the whole of what this stage knows about a crash. Pure; any thread may call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/signature.h"
#include "workers/fingerprint/stack/stack.h"

namespace fuzzmill::workers {

// What a crash left behind.
struct Evidence {
  std::string_view text;         // the report or the log around it; may be empty, is never trusted
  std::optional<int> exit_code;  // of the process, when it exited
  std::optional<int> signal;     // that ended it
};

struct Fingerprint {
  Report report;
  Stack stack;
  Signatures signatures;
  std::string signature;  // 64 hex digits; signatures.top
  std::string group;      // 16 hex digits
};

Fingerprint fingerprint(const Evidence& evidence);

}  // namespace fuzzmill::workers
