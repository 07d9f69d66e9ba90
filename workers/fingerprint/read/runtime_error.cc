#include "workers/fingerprint/read/runtime_error.h"

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

struct Wording {
  std::string_view part;
  std::string_view kind;
  std::string_view access = {};
};

// The first part that the text contains decides, so the special stands before the general.
constexpr Wording kWordings[] = {
    {"unsigned integer overflow", "unsigned-integer-overflow"},
    {"signed integer overflow", "signed-integer-overflow"},
    {"null pointer passed as argument", "invalid-null-argument"},
    {"null pointer returned from function", "invalid-null-argument"},
    {"null pointer use with", "null-dereference"},
    {"upcast of null pointer", "upcast-of-null-pointer"},
    {"downcast of null pointer", "upcast-of-null-pointer"},
    {"cast to virtual base of null pointer", "upcast-of-null-pointer"},
    {"load of null pointer", "null-dereference", "READ"},
    {"store to null pointer", "null-dereference", "WRITE"},
    {"within null pointer", "null-dereference"},
    {"call on null pointer", "null-dereference"},
    {"binding to null pointer", "null-dereference"},
    {"offset to null pointer", "pointer-overflow"},
    {"control flow integrity check", "bad-cast"},
    {"does not point to an object of type", "bad-cast"},
    {"invalid ObjC cast", "invalid-objc-cast"},
    {"invalid vptr", "bad-cast"},
    {"through pointer to incorrect function type", "incorrect-function-pointer-type"},
    {"insufficient space for an object", "object-size"},
    {"misaligned address", "misaligned-address"},
    {"byte alignment", "misaligned-address"},
    {"out of bounds for type", "index-out-of-bounds"},
    {"out of bounds", "index-out-of-bounds"},
    {"division by zero", "divide-by-zero"},
    {"shift exponent", "invalid-shift"},
    {"left shift of", "invalid-shift"},
    {"right shift of", "invalid-shift"},
    {"not a valid value for type 'bool'", "invalid-bool-value"},
    {"not a valid value for type 'BOOL'", "invalid-bool-value"},
    {"not a valid value for type bool", "invalid-bool-value"},
    {"not a valid value for type", "invalid-enum-value"},
    {"implicit conversion", "implicit-conversion"},
    {"outside the range of representable values", "float-cast-overflow"},
    {"pointer index expression", "pointer-overflow"},
    {"of unsigned offset", "pointer-overflow"},
    {"non-zero offset", "pointer-overflow"},
    {"zero offset", "pointer-overflow"},
    {"variable length array bound", "non-positive-vla-bound"},
    {"unreachable program point", "unreachable"},
    {"__builtin_unreachable", "unreachable"},
    {"end of a value-returning function", "missing-return"},
    {"reached the end of a value", "missing-return"},
    {"passing zero to", "invalid-builtin-use"},
    {"assumption is violated", "assumption-violation"},
    {"negation of", "signed-integer-overflow"},
    {"cannot be represented in type", "signed-integer-overflow"},
};

// "…prefix a.c:2:44: " → the place. A place never holds a blank here, a log prefix ends in one.
void read_place(std::string_view lead, Frame& place) {
  lead = trim(lead);
  if (!lead.ends_with(':')) return;
  lead.remove_suffix(1);
  if (const auto blank = lead.rfind(' '); blank != std::string_view::npos) lead.remove_prefix(blank + 1);
  std::uint32_t numbers[2] = {0, 0};
  int count = 0;
  while (count < 2) {
    const auto colon = lead.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == lead.size()) break;
    std::string_view digits = lead.substr(colon + 1);
    auto value = take_number(digits);
    if (!value || !digits.empty() || *value > UINT32_MAX) break;
    numbers[count++] = static_cast<std::uint32_t>(*value);
    lead = lead.substr(0, colon);
  }
  place.line = count == 2 ? numbers[1] : numbers[0];
  place.column = count == 2 ? numbers[0] : 0;
  place.file = lead;
}

}  // namespace

bool read_runtime_error(std::string_view line, RuntimeError& out) {
  constexpr std::string_view kMarker = "runtime error: ";
  const auto at = line.find(kMarker);
  if (at == std::string_view::npos) return false;
  const std::string_view lead = line.substr(0, at);
  // Other tools say "runtime error" too (Go: "panic: runtime error: …"); UBSan has a place before it.
  if (!lead.empty() && !trim(lead).ends_with(':')) return false;
  if (trim(lead).ends_with("panic:")) return false;
  out = RuntimeError{};
  out.text = line.substr(at + kMarker.size());
  out.kind = "undefined-behavior";
  for (const Wording& row : kWordings) {
    if (!contains(out.text, row.part)) continue;
    out.kind = row.kind;
    out.access = row.access;
    break;
  }
  read_place(lead, out.place);
  return true;
}

}  // namespace fuzzmill::workers
