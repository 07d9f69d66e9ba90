// The line a program prints before it kills itself: asserts, checks, uncaught exceptions, panics, the
// allocator's and the stack protector's complaints. It says more than the signal that follows.
#pragma once

#include <string>
#include <string_view>

namespace fuzzmill::workers {

struct Cause {
  std::string_view kind;  // a view of a constant; empty: no cause
  std::string message;    // expression or text, masked where it depends on the input
};

bool read_cause(std::string_view line, Cause& out);

// "  what():  text", which follows the name of an exception: adds the text to its message.
bool read_what(std::string_view line, Cause& cause);

}  // namespace fuzzmill::workers
