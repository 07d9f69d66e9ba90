// What a sanitizer or a fuzzer said about one crash, as read from its text. Plain values, no behaviour.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/crash_mark.h"
#include "workers/fingerprint/read/text_pool.h"

namespace fuzzmill::workers {

// Bounds on what is kept of hostile text. Reading stays linear in the text; keeping stays constant.
inline constexpr std::size_t kMaxLineSize = 64 * 1024;  // bytes of a line that are looked at
inline constexpr std::size_t kMaxKeptFrames = 256;      // of the stack where it went wrong
inline constexpr std::size_t kMaxEvidenceFrames = 32;   // of the stacks that freed and allocated
inline constexpr std::size_t kMaxReports = 64;          // in one text
inline constexpr std::size_t kMaxFrameText = 4096;      // bytes of a function or file name as read
inline constexpr std::size_t kMaxMessageText = 512;     // bytes of a message

// One frame as the report printed it. What it did not print is empty or 0. Its names stand in what is read
// until a ReportBuilder takes it, then in Report::texts.
struct Frame {
  std::string_view function;  // as read: with parameters, template arguments and suffixes
  std::string_view file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string_view module;
  std::uint64_t offset = 0;   // in the module
  bool inlined = false;       // only where the report says so
  std::string_view build_id;  // of the module, where the report names it
};

// The memory that was touched, as far as the report describes it.
struct Object {
  enum class Region : std::uint8_t { kUnknown, kHeap, kStack, kGlobal };
  Region region = Region::kUnknown;
  std::uint64_t size = 0;  // bytes; 0: not said
  std::string variable;    // its name, of stack and global objects
  std::string function;    // that holds it, of stack objects
  std::string file;        // where the variable is declared, or the function that holds it
  std::uint32_t line = 0;
};

struct Report {
  std::string kind = "unknown";  // schema/taxonomy.h; may be a word that the table does not have yet
  std::string access;            // READ, WRITE or empty
  std::optional<std::uint64_t> access_size;  // bytes
  std::optional<std::uint64_t> address;      // that was accessed or freed
  std::optional<std::uint64_t> pc;           // where the fault happened
  std::string sanitizer;  // as it names itself: AddressSanitizer, libFuzzer …; empty when none spoke
  std::string language;   // c, go, java, javascript, python, rust, swift; empty: not told apart from c
  std::string signal;     // SIGSEGV …, where the report names it
  Object object;
  schema::Marks marks;
  std::shared_ptr<const TextPool> texts;  // the names of all its frames
  std::vector<Frame> frames;              // where it went wrong, innermost first
  std::vector<Frame> freed_by;            // who released the memory
  std::vector<Frame> allocated_by;        // who allocated it, or made the uninitialised value
  std::vector<Frame> other_side;          // a race's second access, a lock order's second lock
  std::string message;                    // assert, exception or UBSan text, input-dependent numbers masked
  bool truncated = false;                 // the text ends before the report does
  std::size_t text_begin = 0;             // the bytes of the text that the report was read from
  std::size_t text_end = 0;
};

}  // namespace fuzzmill::workers
