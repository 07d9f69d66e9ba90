#include "workers/fingerprint/read/object_line.h"

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

std::string_view quoted(std::string_view text) {
  auto rest = after(text, "'");
  return rest ? before(*rest, "'") : std::string_view();
}

// "x.c:3:5" or "x.c" → file and line.
void set_place(std::string_view place, Object& out) {
  std::uint32_t numbers[2] = {0, 0};
  int count = 0;
  while (count < 2) {
    const auto colon = place.rfind(':');
    if (colon == std::string_view::npos || colon == 0) break;
    std::string_view digits = place.substr(colon + 1);
    auto value = take_number(digits);
    if (!value || !digits.empty() || *value > UINT32_MAX) break;
    numbers[count++] = static_cast<std::uint32_t>(*value);
    place = place.substr(0, colon);
  }
  out.file = clean(place, kMaxFrameText);
  out.line = count == 2 ? numbers[1] : numbers[0];
}

// "global variable 'x' defined in 'a.c:3:5' (0x1) of size 16"; before LLVM 3.7 "… 'x' from 'a.c' (0x1) …".
ObjectLine read_global(std::string_view rest, Object& out) {
  out.region = Object::Region::kGlobal;
  const std::string_view name = quoted(rest);
  out.variable = clean(name, kMaxFrameText);
  if (name.empty()) return ObjectLine::kRead;
  std::string_view place = rest.substr(static_cast<std::size_t>(name.data() - rest.data()) + name.size());
  consume(place, "'");
  if (contains(place, " defined in ") || contains(place, " from ")) set_place(quoted(place), out);
  if (const auto at = place.rfind("of size "); at != std::string_view::npos) {
    place.remove_prefix(at + 8);
    out.size = take_number(place).value_or(0);
  }
  return ObjectLine::kRead;
}

// "4-byte region" → 4; HWASan puts "a " before it.
std::optional<std::uint64_t> region_size(std::string_view rest, std::string_view what) {
  const auto at = rest.find(what);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t start = at;
  while (start > 0 && is_digit(rest[start - 1])) --start;
  std::string_view digits = rest.substr(start, at - start);
  return take_number(digits);
}

// What stands after "is located ".
ObjectLine read_located(std::string_view rest, Object& out) {
  if (rest.starts_with("in stack of ")) {
    out.region = Object::Region::kStack;
    return ObjectLine::kFrameFollows;
  }
  if (auto size = region_size(rest, "-byte region")) {
    out.region = Object::Region::kHeap;
    out.size = *size;
    return ObjectLine::kRead;
  }
  if (auto size = region_size(rest, "-byte local variable ")) {
    out.region = Object::Region::kStack;
    out.size = *size;
    std::string_view name = *after(rest, "-byte local variable ");
    out.variable = clean(before(name, " "), kMaxFrameText);
    if (auto holder = after(name, " in ")) out.function = clean(before(*holder, " "), kMaxFrameText);
    return ObjectLine::kRead;
  }
  return ObjectLine::kNone;
}

// "[32, 48) 'buf' (line 12) <== Memory access at offset 48 overflows this variable". Before LLVM 3.9
// the names stood without a line.
ObjectLine read_variable(std::string_view line, Object& out) {
  std::string_view text = line;
  skip_blanks(text);
  if (!consume(text, "[")) return ObjectLine::kNone;
  const auto begin = take_number(text);
  if (!begin || !consume(text, ", ")) return ObjectLine::kNone;
  const auto end = take_number(text);
  if (!end || *end < *begin || !consume(text, ") ")) return ObjectLine::kNone;
  out.size = *end - *begin;
  out.variable = clean(quoted(text), kMaxFrameText);
  if (auto number = after(text, "' (line ")) {
    out.line = static_cast<std::uint32_t>(take_number(*number).value_or(0) & UINT32_MAX);
  }
  return ObjectLine::kRead;
}

// MemorySanitizer: the stack frame's variable, or the heap.
ObjectLine read_uninitialized(std::string_view rest, Object& out) {
  if (rest.starts_with("a heap allocation")) {
    out.region = Object::Region::kHeap;
    return ObjectLine::kRead;
  }
  auto name = after(rest, "an allocation of ");
  if (!name) return ObjectLine::kNone;
  out.region = Object::Region::kStack;
  out.variable = clean(quoted(*name), kMaxFrameText);
  if (auto holder = after(*name, "stack frame of function "))
    out.function = clean(quoted(*holder), kMaxFrameText);
  return ObjectLine::kRead;
}

// ThreadSanitizer.
ObjectLine read_location(std::string_view rest, Object& out) {
  if (rest.starts_with("heap block")) {
    out.region = Object::Region::kHeap;
  } else if (rest.starts_with("global ")) {
    out.region = Object::Region::kGlobal;
    out.variable = clean(quoted(rest), kMaxFrameText);
  } else if (rest.starts_with("stack of ")) {
    out.region = Object::Region::kStack;
  } else {
    return ObjectLine::kNone;
  }
  if (auto size = after(rest, "of size ")) out.size = take_number(*size).value_or(0);
  return ObjectLine::kRead;
}

}  // namespace

ObjectLine read_object(std::string_view line, Object& out, std::uint64_t& distance) {
  const bool known = out.region != Object::Region::kUnknown;
  if (contains(line, "<== ")) {
    if (out.region != Object::Region::kStack || !out.variable.empty()) return ObjectLine::kNone;
    return read_variable(line, out);
  }
  auto located = after(line, "is located ");
  if (located) {
    if (auto global = after(*located, "global variable ")) {
      const std::uint64_t away = take_number(*located).value_or(0);
      if (known && (out.region != Object::Region::kGlobal || away >= distance)) return ObjectLine::kNone;
      distance = away;
      out = Object{};
      return read_global(*global, out);
    }
  }
  if (known) return ObjectLine::kNone;
  if (located) return read_located(*located, out);
  if (auto rest = after(line, "Uninitialized value was created by ")) return read_uninitialized(*rest, out);
  if (auto rest = after(line, "Location is ")) return read_location(*rest, out);
  return ObjectLine::kNone;
}

}  // namespace fuzzmill::workers
