// UndefinedBehaviorSanitizer: "a.c:2:44: runtime error: signed integer overflow: …", in clang's and
// gcc's wording.
#pragma once

#include <string>
#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

struct RuntimeError {
  std::string_view kind;    // a view of a constant
  std::string_view access;  // READ, WRITE or empty
  std::string_view text;    // what stands after "runtime error: "
  Frame place;              // file, line and column of the line itself; no function
};

bool read_runtime_error(std::string_view line, RuntimeError& out);

}  // namespace fuzzmill::workers
