// The line a program prints before it kills itself: asserts, checks, uncaught exceptions, panics, the
// allocator's and the stack protector's complaints. It says more than the signal that follows.
#pragma once

#include <string>
#include <string_view>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

struct Cause {
  std::string_view kind;  // a view of a constant; empty: no cause
  std::string message;    // expression or text, masked where it depends on the input
  Frame place = {};       // where glibc's assert says it is; stands in for a stack that was not printed
};

// glog's fatal lines begin "F0812 ".
bool is_glog_fatal(std::string_view line);

bool read_cause(std::string_view line, Cause& out);

// "  what():  text", which follows the name of an exception: adds the text to its message.
bool read_what(std::string_view line, Cause& cause);

}  // namespace fuzzmill::workers
