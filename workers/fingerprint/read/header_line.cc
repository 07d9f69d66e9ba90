#include "workers/fingerprint/read/header_line.h"

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxKindSize = 48;

struct Wording {
  std::string_view starts;
  std::string_view kind;
};

// Where the wording is not the kind itself. The first that fits wins.
constexpr Wording kWordings[] = {
    {"attempting double-free", "double-free"},
    {"attempting free on address", "bad-free"},
    {"attempting free", "bad-free"},
    {"invalid-free", "bad-free"},
    {"attempting to call malloc_usable_size", "bad-malloc-usable-size"},
    {"attempting to call __sanitizer_get_allocated_size", "bad-malloc-usable-size"},
    {"bad parameters to __sanitizer_annotate", "bad-annotate-container"},
    {"SEGV", "segv"},
    {"access-violation", "segv"},
    {"BUS", "bus"},
    {"FPE", "fpe"},
    {"SYS", "bad-system-call"},
    {"ILL", "illegal-instruction"},
    {"ABRT", "abort"},
    {"TRAP", "trap"},
    {"int-divide-by-zero", "divide-by-zero"},
    {"detected memory leaks", "memory-leak"},
    {"requested allocation size", "out-of-memory"},
    {"allocation-size-too-big", "out-of-memory"},
    {"allocator is out of memory", "out-of-memory"},
    {"out of memory", "out-of-memory"},
    {"rss limit exhausted", "out-of-memory"},
    {"hard rss limit exhausted", "out-of-memory"},
    {"soft rss limit exhausted", "out-of-memory"},
    {"rss-limit-exceeded", "out-of-memory"},
    {"internal allocator is out of memory", "out-of-memory"},
    {"calloc parameters overflow", "calloc-overflow"},
    {"reallocarray parameters overflow", "reallocarray-overflow"},
    {"pvalloc parameters overflow", "pvalloc-overflow"},
    {"invalid allocation alignment", "invalid-allocation-alignment"},
    {"invalid alignment requested in aligned_alloc", "invalid-aligned-alloc-alignment"},
    {"invalid aligned_alloc alignment", "invalid-aligned-alloc-alignment"},
    {"invalid alignment requested in posix_memalign", "invalid-posix-memalign-alignment"},
    {"invalid posix_memalign alignment", "invalid-posix-memalign-alignment"},
    {"nested bug in the same thread", "nested-bug"},
    {"CHECK failed", "sanitizer-failure"},
    {"deadly signal", "deadly-signal"},
    {"timeout", "timeout"},
    {"fuzz target exited", "unexpected-exit"},
    {"fuzz target overwrites its const input", "overwrites-const-input"},
    {"file size exceeded", "file-size-exceeded"},
    {"data race on vptr", "data-race-on-vptr"},
    {"data race", "data-race"},
    {"race on external object", "external-race"},
    {"race on", "data-race"},
    {"lock-order-inversion", "lock-order-inversion"},
    {"thread leak", "thread-leak"},
    {"signal-unsafe call", "signal-unsafe-call"},
    {"double lock of a mutex", "double-lock"},
    {"unlock of an unlocked mutex", "unlock-of-unlocked-mutex"},
    {"destroy of a locked mutex", "destroy-of-locked-mutex"},
    {"use of an invalid mutex", "use-of-invalid-mutex"},
    {"read lock of a write locked mutex", "read-lock-of-write-locked-mutex"},
    {"read unlock of a write locked mutex", "read-unlock-of-write-locked-mutex"},
    {"mutex held in the wrong context", "mutex-held-wrong-context"},
    {"signal handler spoils errno", "errno-spoiled"},
    {"out-of-memory", "out-of-memory"},
    {"aligned_alloc", "invalid-aligned-alloc-alignment"},
    {"bad-__sanitizer_get_allocated_size", "bad-malloc-usable-size"},
    {"bad-malloc_usable_size", "bad-malloc-usable-size"},
    {"undefined-behavior", "undefined-behavior"},
    // "unknown" is what we say when nothing can be read: no report may claim it.
    {"unknown", "unknown-crash"},
};

constexpr std::string_view kOnAddress[] = {" on unknown address ", " on address ", "malloc()-ed: ", " on "};

std::optional<std::uint64_t> address_in(std::string_view wording) {
  for (std::string_view marker : kOnAddress) {
    if (auto rest = after(wording, marker)) {
      if (auto address = take_hex(*rest)) return address;
    }
  }
  return std::nullopt;
}

// The tool that speaks at `colon`, which is the ':' after its name.
std::string_view tool_before(std::string_view line, std::size_t colon) {
  std::size_t start = colon;
  while (start > 0 && is_word(line[start - 1])) --start;
  return line.substr(start, colon - start);
}

bool is_tool(std::string_view word) {
  return word == "libFuzzer" || (word.ends_with("Sanitizer") && word.size() > 9);
}

// Finds "Tool: " or "Tool failed to allocate"; `at` is where the tool's name starts.
bool find_tool(std::string_view line, std::string_view& tool, std::string_view& wording, std::size_t& at) {
  for (std::string_view ending : {std::string_view("Sanitizer: "), std::string_view("libFuzzer: ")}) {
    const auto found = line.find(ending);
    if (found == std::string_view::npos) continue;
    const std::size_t colon = found + ending.size() - 2;
    tool = tool_before(line, colon);
    if (!is_tool(tool)) continue;
    at = static_cast<std::size_t>(tool.data() - line.data());
    wording = line.substr(colon + 2);
    return true;
  }
  return false;
}

// Reports that come without "ERROR: " before the tool's name.
bool speaks_without_error(std::string_view wording) {
  return wording.starts_with("nested bug in the same thread") ||
         wording.starts_with("hard rss limit exhausted");
}

// "==1==AddressSanitizer CHECK failed: …" and "==1==ERROR: AddressSanitizer failed to allocate 0x…".
bool read_toolless_colon(std::string_view line, Header& out) {
  const auto found = line.find("Sanitizer ");
  if (found == std::string_view::npos) return false;
  const std::string_view tool = tool_before(line, found + 9);
  const std::string_view wording = line.substr(found + 10);
  if (!is_tool(tool)) return false;
  if (wording.starts_with("CHECK failed")) {
    out.kind = "sanitizer-failure";
  } else if (wording.starts_with("failed to allocate") && contains(line.substr(0, found), "ERROR: ")) {
    out.kind = "out-of-memory";
  } else {
    return false;
  }
  out.tool = tool;
  return true;
}

}  // namespace

std::string kind_of_wording(std::string_view wording) {
  for (const Wording& row : kWordings) {
    if (wording.starts_with(row.starts)) return std::string(row.kind);
  }
  std::string kind;
  for (char c : wording.substr(0, kMaxKindSize)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = '-';
    if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '-')) break;
    kind += c;
  }
  while (!kind.empty() && kind.back() == '-') kind.pop_back();
  return kind.size() < 3 || is_digit(kind.front()) || kind.front() == '-' ? "unknown-crash" : kind;
}

bool read_header(std::string_view line, Header& out) {
  std::string_view tool, wording;
  std::size_t at = 0;
  if (!find_tool(line, tool, wording, at)) return read_toolless_colon(line, out);
  const std::string_view lead = trim(line.substr(0, at));
  const bool error = lead.ends_with("ERROR:");
  const bool warning = lead.ends_with("WARNING:");
  if (!error && !warning && !speaks_without_error(wording)) return false;
  // AddressSanitizer's warnings are about itself; MemorySanitizer and ThreadSanitizer report in them.
  if (warning && tool != "MemorySanitizer" && tool != "ThreadSanitizer" && tool != "DataFlowSanitizer")
    return false;
  out.kind = kind_of_wording(wording);
  out.tool = tool;
  out.fatal = tool != "ThreadSanitizer";
  out.complete = out.kind == "nested-bug";
  out.address = address_in(wording);
  if (auto pc = after(wording, "(pc ")) out.pc = take_hex(*pc);
  return true;
}

bool read_summary(std::string_view line, Summary& out) {
  auto rest = after(line, "SUMMARY: ");
  if (!rest) return false;
  std::string_view wording;
  std::size_t at = 0;
  if (!find_tool(*rest, out.tool, wording, at)) return false;
  out.kind = wording.empty() || is_digit(wording.front()) ? std::string() : kind_of_wording(wording);
  return true;
}

}  // namespace fuzzmill::workers
