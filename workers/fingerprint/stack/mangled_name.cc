#include "workers/fingerprint/stack/mangled_name.h"

#include <algorithm>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxParts = 64;

bool is_rust_hash(std::string_view part) {
  return part.size() == 17 && part.front() == 'h' && std::all_of(part.begin() + 1, part.end(), is_hex);
}

// "5parse" → "parse".
std::optional<std::string_view> take_identifier(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  auto size = take_number(text);
  if (!size || *size == 0 || *size > text.size()) return std::nullopt;
  const std::string_view part = text.substr(0, *size);
  text.remove_prefix(*size);
  return part;
}

void add_part(std::string& path, std::string_view part) {
  if (part.starts_with("_GLOBAL__N")) return;  // an anonymous namespace
  if (!path.empty()) path += "::";
  path += part;
}

// After "_Z": a nested name "N…E" of plain identifiers, or one identifier.
std::optional<std::string> cxx_path(std::string_view text) {
  const bool nested = consume(text, "N");
  while (nested && !text.empty() && (text.front() == 'K' || text.front() == 'V' || text.front() == 'r'))
    text.remove_prefix(1);
  std::string path;
  if (consume(text, "St")) path = "std";
  std::string_view last;
  for (std::size_t count = 0; count < kMaxParts; ++count) {
    if (nested && consume(text, "E")) break;
    if (consume(text, "C1E") || consume(text, "C2E")) {  // a constructor has its class's name
      add_part(path, last);
      break;
    }
    if (consume(text, "D1E") || consume(text, "D2E") || consume(text, "D0E")) {
      add_part(path, "~" + std::string(last));
      break;
    }
    auto part = take_identifier(text);
    if (!part) return std::nullopt;
    if (!is_rust_hash(*part)) add_part(path, *part);
    last = *part;
    if (!nested) break;
  }
  return path.empty() ? std::nullopt : std::optional(std::move(path));
}

// "s1a2_": what tells crates or namesakes apart, which a rebuild changes.
void skip_disambiguator(std::string_view& text) {
  if (text.empty() || text.front() != 's') return;
  const auto end = text.find('_');
  if (end != std::string_view::npos && end <= 16) text.remove_prefix(end + 1);
}

// After "_R": nested paths "Nv…", "Nt…", "NC…" around a crate "C…", each followed by its identifier.
std::optional<std::string> rust_path(std::string_view text) {
  std::string kinds;  // the namespace of each nesting, outermost first
  while (kinds.size() < kMaxParts && consume(text, "N")) {
    if (text.empty()) return std::nullopt;
    kinds += text.front();
    text.remove_prefix(1);
  }
  if (!consume(text, "C")) return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i <= kinds.size(); ++i) {
    skip_disambiguator(text);
    const bool closure = i > 0 && kinds[kinds.size() - i] == 'C';
    if (closure && consume(text, "0")) return path;  // its enclosing function's name is enough
    auto part = take_identifier(text);
    if (!part) return std::nullopt;
    add_part(path, *part);
  }
  return path;
}

}  // namespace

std::optional<std::string> path_of_mangled(std::string_view text) {
  if (consume(text, "__Z") || consume(text, "_Z")) return cxx_path(text);
  if (consume(text, "__R") || consume(text, "_R")) return rust_path(text);
  return std::nullopt;
}

}  // namespace fuzzmill::workers
