// A face: what of a crash takes part in grouping. One bug shows several faces (near overflow and far fault,
// a read here and a write there); the same face seen twice says nothing new, so that a million crashes are
// a few thousand faces. Plain values; pure; any thread may call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/stack/stack.h"

namespace fuzzmill::workers {

// A place in the program's own code.
struct Site {
  std::string function;    // normalised; or "module+0x1f" without a symbol
  std::string file;        // its name, without folders
  std::uint32_t line = 0;  // 0: not known
  // Which access of the line it is; only of races, where a line that reads two things races for two reasons.
  std::uint32_t column = 0;

  bool operator==(const Site&) const = default;
};

// What kinds have in common when it is asked whether two crashes can be one bug.
enum class Trouble : std::uint8_t {
  kMemory,  // a wrong access or release, whoever noticed it: a sanitizer, the processor, the C library
  kUninitialized,
  kLeak,
  kExhaustion,  // memory ran out, or too much was asked for
  kTime,
  kRecursion,
  kRace,
  kValue,  // arithmetic and other undefined behaviour
  kStop,   // the program stopped itself: asserts, exceptions, panics, exits
  kOther,
};

struct Face {
  Trouble trouble = Trouble::kOther;
  std::string kind;
  std::string access;   // READ, WRITE or empty
  std::string message;  // masked
  // Of the frames that count, innermost first, at most kMaxFaceSites.
  std::vector<Site> stack;
  std::uint32_t blamed = 0;  // which of them is blamed; set by blame.h
  // The innermost function made the memory that it went wrong in.
  bool owns_memory = false;
  bool stands_in = false;   // no frame counts: the site is of some library, and says little
  bool releasing = false;   // the allocator fell over what it was asked to release
  bool string_end = false;  // a string function read past the end
  // Who released and who made the memory, at most kMaxEvidenceSites; empty where only the allocator is known.
  std::vector<Site> freed;
  std::vector<Site> allocated;
  std::vector<Site> other_side;  // of a race
  // Where the same run had undefined behaviour before, at most kMaxHeralds.
  std::vector<Site> heralds;
  std::string variable;  // "name@file:line" of a stack or global object, or kThreadStack
  std::string stack_of;  // of a stack object: the function that holds it
  // Functions of a recursion, sorted; of a timeout the stack, outermost first.
  std::vector<std::string> cycle;
  std::string ending;  // of an unread crash: signal and exit code

  bool operator==(const Face&) const = default;
};

inline constexpr std::size_t kMaxFaceSites = 6;
inline constexpr std::size_t kMaxHeralds = 4;
inline constexpr std::size_t kMaxEvidenceSites = 4;
inline constexpr std::size_t kMaxCycleNames = 24;

// What a race is told to be for when it is for a variable of some thread's stack.
inline constexpr std::string_view kThreadStack = "<stack>";

Trouble trouble_of(std::string_view kind);

// `project` as normalise_stack() got it: the stacks of evidence are held to the same rules.
Face face_of(const Report& report, const Stack& stack, const ProjectRules* project = nullptr);

// Which build of the program the report is of, as far as it says: a build id, or where the program's start
// lies in its file; empty when it says nothing. Two builds may number the lines of one source differently.
std::string build_of(const Report& report);

// Adds what an earlier report of the same run tells about a later one.
void add_herald(Face& face, const Face& earlier);

// The site that is blamed; nullptr when the stack is empty.
const Site* blamed_site(const Face& face);

// A face with the build that showed it.
struct Shown {
  Face face;
  std::string build;  // build_of() the report
};

}  // namespace fuzzmill::workers
