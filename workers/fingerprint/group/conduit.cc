#include "workers/fingerprint/group/conduit.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

template <std::size_t N>
constexpr auto sorted(std::array<std::string_view, N> words) {
  std::sort(words.begin(), words.end());
  return words;
}

// Moving data, and what data is: "read_u16", "copy_bytes", "buffer_append", "get_le32", "at". Pushing and
// popping are not among them: a container knows itself whether it is full or empty.
constexpr auto kAccessWords = sorted(std::to_array<std::string_view>(
    {"access", "advance",  "append", "arr",       "array",     "assign", "at",     "be",     "bit",
     "bits",   "block",    "buf",    "buffer",    "byte",      "bytes",  "cat",    "char",   "chars",
     "check",  "checked",  "chunk",  "cmp",       "compare",   "concat", "copy",   "cpy",    "cursor",
     "data",   "deref",    "do",     "elem",      "element",   "emit",   "equal",  "equals", "fast",
     "fetch",  "fill",     "from",   "get",       "hash",      "impl",   "in",     "index",  "insert",
     "int",    "internal", "into",   "item",      "le",        "len",    "length", "load",   "mem",
     "memory", "move",     "n",      "next",      "of",        "out",    "peek",   "poke",   "ptr",
     "put",    "range",    "raw",    "read",      "reader",    "ref",    "safe",   "set",    "size",
     "skip",   "slice",    "span",   "store",     "str",       "stream", "string", "text",   "swap",
     "take",   "to",       "uint",   "unaligned", "unchecked", "unsafe", "utf8",   "varint", "vec",
     "vector", "view",     "word",   "write",     "writer",    "zero"}));

constexpr auto kAllocationWords = sorted(std::to_array<std::string_view>(
    {"acquire", "alloc", "allocate", "calloc", "clone", "create", "dup", "duplicate", "ensure", "expand",
     "extend", "grow", "make", "malloc", "new", "realloc", "reserve", "resize", "strdup"}));

constexpr auto kReleaseWords = sorted(std::to_array<std::string_view>(
    {"clear", "dealloc", "deallocate", "dec", "decref", "del", "delete", "deref", "destroy", "discard",
     "dispose", "drop", "fini", "free", "release", "reset", "unref", "dtor"}));

// Ending the program on somebody's behalf: "die", "exit", "quit", "fatal_error", "check_failed".
constexpr auto kStopWords = sorted(std::to_array<std::string_view>(
    {"abort", "bail", "bug", "crash", "die", "enforce", "exit", "never", "quit", "trap", "fail", "failed",
     "failure", "fatal", "oops", "panic", "raise", "throw", "unreachable"}));

template <class Words>
bool has(const Words& words, std::string_view word) {
  return std::binary_search(words.begin(), words.end(), word);
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// "readU16" and "read_u16" → "read", "u16".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool starts = is_upper(c) && i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
    if (c == '_' || starts) words.emplace_back();
    if (c != '_') words.back() += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::erase(words, std::string());
  return words;
}

// "u16", "le32", "int8", "bits12": a type's width.
bool is_width(std::string_view word) {
  std::size_t letters = 0;
  while (letters < word.size() && is_lower(word[letters])) ++letters;
  if (letters == 0 || letters == word.size() || letters > 6) return false;
  for (std::string_view type :
       {"u", "i", "s", "f", "le", "be", "l", "b", "int", "uint", "bits", "byte", "word"}) {
    if (word.substr(0, letters) == type)
      return std::all_of(word.begin() + static_cast<std::ptrdiff_t>(letters), word.end(), is_digit);
  }
  return false;
}

}  // namespace

std::string_view unqualified(std::string_view function) {
  constexpr std::string_view kOperator = "operator";
  for (auto at = function.find(kOperator); at != std::string_view::npos;
       at = function.find(kOperator, at + 1)) {
    const std::size_t end = at + kOperator.size();
    const bool whole =
        (at == 0 || function[at - 1] == ':') && (end == function.size() || !is_word(function[end]));
    if (whole) return function.substr(at);
  }
  const auto at = function.rfind("::");
  return at == std::string_view::npos ? function : function.substr(at + 2);
}

bool is_deallocator(std::string_view function) {
  constexpr std::string_view kNames[] = {
      "free",    "cfree",           "__libc_free",      "_int_free", "__GI___libc_free",
      "realloc", "operator delete", "operator delete[]"};
  return std::find(std::begin(kNames), std::end(kNames), function) != std::end(kNames);
}

bool is_conduit(std::string_view function, Role role) {
  const std::string_view name = unqualified(function);
  if (name.starts_with("operator")) return role == Role::kAccess;
  if (name.starts_with('~')) return role == Role::kRelease;
  const std::vector<std::string> words = words_of(name);
  if (words.empty()) return false;
  if (role == Role::kAllocation)
    return has(kAllocationWords, words.front()) || has(kAllocationWords, words.back());
  if (role == Role::kRelease) return has(kReleaseWords, words.front()) || has(kReleaseWords, words.back());
  if (role == Role::kStop) return has(kStopWords, words.front()) || has(kStopWords, words.back());
  return std::all_of(words.begin(), words.end(),
                     [](const std::string& word) { return has(kAccessWords, word) || is_width(word); });
}

}  // namespace fuzzmill::workers
