#include "workers/fingerprint/read/cause_line.h"

#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

// How the message is taken from what stands after the marker.
enum class Take {
  kRest,        // all of it, numbers masked
  kExpression,  // all of it, as it is source text
  kQuoted,      // up to "' failed" or the last quote, as it is source text
  kTypeName,    // up to the closing quote
  kNothing,     // the marker says it all
};

struct Marker {
  std::string_view text;
  std::string_view kind;
  Take take;
};

// In this order; the first that the line contains decides.
constexpr Marker kMarkers[] = {
    {"Assertion `", "assert", Take::kQuoted},
    {"Assertion '", "assert", Take::kQuoted},
    {"Assertion failed: ", "assert", Take::kExpression},
    {"ASSERTION FAILED: ", "assert", Take::kExpression},
    {"ASSERT FAILED: ", "assert", Take::kExpression},
    {"ASSERT FAILURE: ", "assert", Take::kExpression},
    {"assert failure: ", "assert", Take::kExpression},
    {"assertion failed: ", "assert", Take::kExpression},
    {"Check failed: ", "check-failure", Take::kRest},
    {"CHECK failed: ", "check-failure", Take::kRest},
    {"terminate called after throwing an instance of '", "uncaught-exception", Take::kTypeName},
    {"uncaught exception of type ", "uncaught-exception", Take::kRest},
    {"uncaught foreign exception", "uncaught-exception", Take::kNothing},
    {"terminate called without an active exception", "uncaught-exception", Take::kNothing},
    {"pure virtual method called", "pure-virtual-call", Take::kNothing},
    {"Pure virtual function called", "pure-virtual-call", Take::kNothing},
    {"*** stack smashing detected ***", "stack-smashing", Take::kNothing},
    {"*** buffer overflow detected ***", "buffer-overflow-detected", Take::kNothing},
    {"double free or corruption", "double-free", Take::kNothing},
    {"free(): double free detected", "double-free", Take::kNothing},
    {"free(): invalid pointer", "bad-free", Take::kNothing},
    {"munmap_chunk(): invalid pointer", "bad-free", Take::kNothing},
    {"free(): invalid size", "heap-corruption", Take::kNothing},
    {"free(): invalid next size", "heap-corruption", Take::kNothing},
    {"malloc(): corrupted", "heap-corruption", Take::kNothing},
    {"malloc(): invalid size", "heap-corruption", Take::kNothing},
    {"malloc_consolidate(): ", "heap-corruption", Take::kNothing},
    {"corrupted size vs. prev_size", "heap-corruption", Take::kNothing},
    {"corrupted double-linked list", "heap-corruption", Take::kNothing},
    {"timeout exceeded: ", "timeout", Take::kNothing},
    {"' panicked at ", "panic", Take::kRest},
    {"panic: ", "panic", Take::kRest},
};

// Cheap test that lets most lines of a log pass by: every marker above has one of these.
bool may_hold_cause(std::string_view line) {
  for (std::string_view part : {"sert", "SERT", "ailed: ", "exception", "terminate", "irtual", "*** ", "free",
                                "malloc", "orrupted", "panic", "timeout exc"}) {
    if (contains(line, part)) return true;
  }
  return false;
}

// "(1 vs. 2)" at the end of a CHECK shows the values of this input.
std::string_view without_values(std::string_view text) {
  if (!contains(text, " vs. ")) return text;
  const auto open = text.rfind(" (");
  return open == std::string_view::npos ? text : text.substr(0, open);
}

std::string message_of(std::string_view rest, Take take) {
  switch (take) {
    case Take::kNothing:
      return {};
    case Take::kRest:
      return mask_numbers(without_values(rest));
    case Take::kExpression:
      return clean(trim(before(rest, ". Details: ")), kMaxMessageText);
    case Take::kTypeName:
      return clean(before(rest, "'"), kMaxMessageText);
    case Take::kQuoted:
      break;
  }
  auto end = rest.rfind("' failed");
  if (end == std::string_view::npos) end = rest.rfind('\'');
  return clean(trim(rest.substr(0, end)), kMaxMessageText);
}

// libc++: "vector:1432: assertion !empty() failed: back() called on an empty vector".
bool read_hardened_library(std::string_view line, Cause& out) {
  auto text = after(line, ": assertion ");
  if (!text) text = after(line, ":assertion ");
  if (!text) return false;
  auto why = after(*text, " failed: ");
  if (!why && !contains(*text, " failed")) return false;
  out.kind = "assert";
  // AddressSanitizer's next line may be glued to a text that ends without a line ending.
  out.message = mask_numbers(before(why ? *why : before(*text, " failed"), "AddressSanitizer:"));
  return true;
}

// glog "F0812 20:32:32.874783 47273 file.h:195] text" and Chrome "[…:FATAL:file.cc(41)] text".
bool read_fatal_log(std::string_view line, Cause& out) {
  std::string_view rest;
  if (line.size() > 6 && line[0] == 'F' && is_digit(line[1]) && is_digit(line[2]) && is_digit(line[3]) &&
      is_digit(line[4]) && line[5] == ' ') {
    auto text = after(line, "] ");
    if (!text) return false;
    rest = *text;
  } else {
    auto tag = after(line, "FATAL:");
    if (!tag) return false;
    auto text = after(*tag, ")] ");
    if (!text) return false;
    rest = *text;
  }
  out.kind = "fatal-error";
  out.message = mask_numbers(without_values(rest));
  return true;
}

}  // namespace

bool read_cause(std::string_view line, Cause& out) {
  if (may_hold_cause(line)) {
    for (const Marker& marker : kMarkers) {
      auto rest = after(line, marker.text);
      if (!rest) continue;
      out.kind = marker.kind;
      out.message = message_of(*rest, marker.take);
      return true;
    }
    if (read_hardened_library(line, out)) return true;
  }
  return read_fatal_log(line, out);
}

bool read_what(std::string_view line, Cause& cause) {
  auto what = after(line, "what():  ");
  if (!what || cause.kind != "uncaught-exception") return false;
  cause.message = clean(cause.message + ": " + mask_numbers(*what), kMaxMessageText);
  return true;
}

}  // namespace fuzzmill::workers
