#include "workers/fingerprint/read/at_frame.h"

#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::string_view kJavaEndings[] = {".java", ".kt",   ".scala",     ".groovy",
                                             ".clj",  ".aidl", "SourceFile", ".kts"};

bool is_java_place(std::string_view place) {
  if (place == "Native Method" || place == "<generated>" || place == "D8$$SyntheticClass" || place.empty())
    return true;
  if (place.starts_with("Unknown Source")) return true;
  const std::string_view file = before(place, ":");
  for (std::string_view ending : kJavaEndings) {
    if (file.ends_with(ending)) return true;
  }
  return false;
}

// "java.base/java.util.List.get(List.java:12)", perhaps with "~[lib.jar:1.2]" behind.
bool read_java(std::string_view text, Frame& out) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || open == 0) return false;
  const auto close = text.find(')', open);
  if (close == std::string_view::npos) return false;
  std::string_view function = text.substr(0, open);
  const std::string_view place = text.substr(open + 1, close - open - 1);
  if (contains(function, " ") || !contains(function, ".") || !is_java_place(place)) return false;
  // The module, or "app//" for the class loader, stands before the class.
  if (const auto slash = function.rfind('/'); slash != std::string_view::npos) {
    out.module = before(function.substr(0, slash), "//");
    function.remove_prefix(slash + 1);
  }
  out.function = function;
  if (!place.starts_with("Unknown Source") && place != "Native Method") set_place(place, out);
  return true;
}

// Mono: "A.f (System.Int32 a) [0x00001] in /a/b.cs:13 "; .NET: "A.f(Int32 a) in /a/b.cs:line 13".
bool read_csharp(std::string_view text, Frame& out) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || open == 0) return false;
  const auto close = text.find(')', open);
  if (close == std::string_view::npos) return false;
  const std::string_view name = trim(text.substr(0, open));
  if (!contains(name, ".") || contains(name, ":")) return false;
  const std::string_view rest = trim(text.substr(close + 1));
  auto place = after(rest, "in ");
  const bool mono = rest.starts_with("[0x") || rest.starts_with("<0x");
  if (!mono && !place && !rest.empty()) return false;
  if (!mono && place && !contains(*place, ":line ") && !has_line_number(trim(*place))) return false;
  if (!mono && !place && contains(text.substr(open, close - open), "/")) return false;
  out.function = name;
  if (!place) return true;
  if (auto number = after(*place, ":line ")) {
    out.file = before(*place, ":line ");
    out.line = static_cast<std::uint32_t>(take_number(*number).value_or(0) & UINT32_MAX);
  } else {
    set_place(trim(*place), out);
  }
  return true;
}

// "f (/a/b.js:1:2)", "new A (…)", "async f (…)", "Object.g [as h] (…)" and "/a/b.js:1:2" for a function
// without a name.
bool read_javascript(std::string_view text, Frame& out) {
  if (text.ends_with(')')) {
    const auto open = text.find(" (");
    if (open == std::string_view::npos) return false;
    const std::string_view place = text.substr(open + 2, text.size() - open - 3);
    std::string_view function = text.substr(0, open);
    const bool built_in = place == "<anonymous>" || place == "native";
    if (!built_in) set_place(place, out);
    if (!built_in && out.column == 0) return false;  // V8 always prints line and column
    consume(function, "async ");
    function = before(function, " [as ");
    if (function == "<anonymous>") function = {};
    out.function = function;
    return true;
  }
  consume(text, "async ");
  if (!has_line_number(text) || contains(text, " ")) return false;
  set_place(text, out);
  return out.column != 0;
}

}  // namespace

std::string_view read_at_frame(std::string_view text, Frame& out) {
  out = Frame{};
  text = trim(text);
  if (read_java(text, out)) return "java";
  if (read_javascript(text, out)) return "javascript";
  out = Frame{};  // what the one before may have begun
  if (read_csharp(text, out)) return "csharp";
  return {};
}

}  // namespace fuzzmill::workers
