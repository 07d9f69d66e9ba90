// Faces for the tests of grouping, made of the reports that a sanitizer would print.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "workers/fingerprint/fingerprint.h"

namespace fuzzmill::workers {

// "read_u16@reader.h:7 < parse@tlv.c:17" as frames of a report.
inline std::string frames_text(const std::string& stack) {
  std::string text;
  int number = 0;
  for (std::size_t start = 0; start < stack.size();) {
    std::size_t end = stack.find(" < ", start);
    if (end == std::string::npos) end = stack.size();
    const std::string one = stack.substr(start, end - start);
    const auto at = one.find('@');
    text += fmt::format("    #{} 0x55d{} in {} /src/{}:3\n", number, number, one.substr(0, at),
                        one.substr(at + 1));
    ++number;
    start = end + 3;
  }
  return text;
}

// What a test wants of a report; what is empty is not printed.
struct Told {
  std::string kind = "heap-buffer-overflow";
  std::string access = "READ";
  std::string stack;
  std::string allocated = {};
  std::string freed = {};
  std::string variable = {};  // "name@line", of the innermost function's stack
  std::string build = "11aa";
};

inline std::string report_text(const Told& told) {
  std::string text = fmt::format(
      "==7==ERROR: AddressSanitizer: {} on address 0x602000000011 at pc 0x1 bp 0x2 sp 0x3\n", told.kind);
  text += fmt::format("{} of size 4 at 0x602000000011 thread T0\n", told.access);
  text += frames_text(told.stack);
  text += fmt::format("    #99 0x55d9 in _start (/bin/t+0x23340) (BuildId: {})\n\n", told.build);
  if (!told.variable.empty()) {
    const auto at = told.variable.find('@');
    text += "Address 0x602000000011 is located in stack of thread T0 at offset 48 in frame\n";
    text += frames_text(told.stack.substr(0, told.stack.find(" < ")));
    text += fmt::format(
        "\n  This frame has 1 object(s):\n    [32, 48) '{}' (line {}) <== Memory access at offset 48 "
        "overflows this variable\n",
        told.variable.substr(0, at), told.variable.substr(at + 1));
  }
  if (!told.freed.empty())
    text += "freed by thread T0 here:\n" + frames_text("free@x.c:1 < " + told.freed) + "\n";
  if (!told.allocated.empty())
    text +=
        "previously allocated by thread T0 here:\n" + frames_text("malloc@x.c:1 < " + told.allocated) + "\n";
  return text + fmt::format("SUMMARY: AddressSanitizer: {}\n==7==ABORTING\n", told.kind);
}

inline Shown shown(const Told& told) { return fingerprint({report_text(told), {}, {}}).shown; }

}  // namespace fuzzmill::workers
