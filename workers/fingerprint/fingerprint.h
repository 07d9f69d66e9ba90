// Text in, fingerprint out: the whole of what this stage knows about a crash. Pure; any thread may call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/group/face.h"
#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/signature.h"
#include "workers/fingerprint/stack/stack.h"

namespace fuzzmill::workers {

// What a crash left behind.
struct Evidence {
  std::string_view text;         // the report or the log around it; may be empty, is never trusted
  std::optional<int> exit_code;  // of the process, when it exited
  std::optional<int> signal;     // that ended it
  // Of the project, for frames that say nothing; nullptr: none. Lives as long as what is made with it.
  const ProjectRules* rules = nullptr;
};

struct Fingerprint {
  Report report;
  Stack stack;
  Signatures signatures;
  Shown shown;
  std::string signature;  // 64 hex digits; signatures.face
  std::string group;      // 16 hex digits: of a group of its own
};

// Of the report that the text is about.
Fingerprint fingerprint(const Evidence& evidence);

// What older versions of the rules called the crash, the newest first: a crash index finds its group by them.
std::vector<std::string> old_signatures(const Fingerprint& print);

// Of every report in the text, in its order; never empty.
struct Fingerprints {
  std::vector<Fingerprint> all;
  std::size_t primary = 0;
};
Fingerprints fingerprint_all(const Evidence& evidence);

}  // namespace fuzzmill::workers
