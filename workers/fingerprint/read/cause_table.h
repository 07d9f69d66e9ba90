// What a program prints before it kills itself, as rows: a text that the line holds, the kind it means and
// where the message is. The reading is in cause_line.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fuzzmill::workers {

// How the message is taken from what stands after the text.
enum class Take : std::uint8_t {
  kRest,        // all of it, numbers masked
  kExpression,  // all of it, as it is source text
  kQuoted,      // up to "' failed" or the last quote, as it is source text
  kTypeName,    // up to the closing quote or blank
  kFirstWord,   // up to a blank or colon
  kNothing,     // the text says it all
};

struct CauseRow {
  std::string_view text;
  std::string_view kind;
  Take take;
};

// In this order; the first that the line contains decides.
std::span<const CauseRow> cause_rows();

// Every row holds one of these, and so does every other line that read_cause() may take but glog's: what a
// reader looks for before it asks. Each is at least five bytes long.
inline constexpr std::string_view kCauseWords[] = {
    "sertion",     "SERTION",     "ssert f",   "SSERT f",     "SSERT F",    "SSERT: ",      "heck f",
    "CHECK",       "check f",     "NOTREACH",  "exception",   "terminate ", "erminating",   "irtual f",
    "irtual m",    "*** s",       "*** b",     "*** i",       "*** %",      "*** l",        "free()",
    "e free",      "realloc()",   "malloc",    "calloc()",    "malloc()",   "orrupted",     "munmap_",
    "chunk()",     "FORTIFY",     "udo ERROR", " Free at",    "flow at 0",  "being free",   "free inva",
    "imeout ",     "imeout-",     "limit ex",  "ALARM: ",     "memory all", "G DETECTED",   "shared lib",
    "CANNOT LINK", "brary not",   "FATAL",     "atal err",    "OZ_CRASH",   "attempt to",   "unreach",
    "Aborting ",   "out of memo", "panic: ",   "eallocating", " being re",  "incorrect ch", "corruption of",
    "RAW: ",       "limit-ex",    "panicked",
};

}  // namespace fuzzmill::workers
