#include "workers/classify/overrides.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace fuzzmill::workers {
namespace {

using schema::Result;

constexpr std::size_t kMaxWord = 64;   // of a kind
constexpr std::size_t kMaxShown = 80;  // of an entry in an error
constexpr std::size_t kTypo = 2;       // edits away from a kind of ours: a slip of the hand

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlanks = " \t\r";
  for (auto begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;
       begin = text.find_first_not_of(kBlanks, begin)) {
    const auto end = std::min(text.find_first_of(kBlanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

// Levenshtein, of words of at most kMaxWord bytes.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kMaxWord + 1> row{};
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row[b.size()];
}

std::string_view closest_kind(std::string_view word) {
  std::string_view best;
  std::size_t least = kTypo + 1;
  for (const schema::Kind& kind : schema::kinds()) {
    if (kind.name.size() > kMaxWord) continue;
    if (const std::size_t found = distance(word, kind.name); found < least) least = found, best = kind.name;
  }
  return best;
}

std::string shown(std::string_view entry) {
  std::string text(entry.substr(0, kMaxShown));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text + (entry.size() > kMaxShown ? "…" : "");
}

schema::Error wrong(std::string_view entry, std::string_view why) {
  return schema::invalid(fmt::format("severity rule \"{}\": {}", shown(entry), why));
}

schema::Status read_kind(std::string_view entry, std::string_view word, Override& out) {
  const auto is_of_kind = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (word != "*") {
    if (word.size() > kMaxWord || !std::all_of(word.begin(), word.end(), is_of_kind)) {
      return wrong(entry, "a kind is written in lower case with hyphens, or * for all");
    }
    if (schema::find_kind(word) == nullptr) {
      if (const auto close = closest_kind(word); !close.empty()) {
        return wrong(entry, fmt::format("no kind has that name; did you mean {}?", close));
      }
    }
  }
  out.kind = word;
  return {};
}

schema::Status read_word(std::string_view entry, std::string_view word, Override& out) {
  if (const auto severity = schema::parse_severity(word)) {
    if (out.severity) return wrong(entry, "it names two severities");
    out.severity = severity;
  } else if (word == "security" || word == "not-security") {
    if (out.security) return wrong(entry, "it says security twice");
    out.security = word == "security";
  } else {
    return wrong(entry, fmt::format("'{}' is none of CRITICAL, HIGH, MEDIUM, LOW, security, not-security",
                                    shown(word)));
  }
  return {};
}

Result<Override> read_entry(std::string_view entry) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos) return wrong(entry, "it wants KIND [READ|WRITE] = SEVERITY");
  const auto left = words_of(entry.substr(0, equals)), right = words_of(entry.substr(equals + 1));
  if (left.empty()) return wrong(entry, "no kind stands before the '='");
  if (left.size() > 2 || (left.size() == 2 && left[1] != "READ" && left[1] != "WRITE")) {
    return wrong(entry, "before the '=' stand a kind and, if need be, READ or WRITE");
  }
  if (right.empty()) return wrong(entry, "nothing stands after the '='");
  Override out;
  if (auto fine = read_kind(entry, left[0], out); !fine) return std::move(fine).error();
  if (left.size() == 2) out.access = left[1];
  for (std::string_view word : right) {
    if (auto fine = read_word(entry, word, out); !fine) return std::move(fine).error();
  }
  return out;
}

int weight(const Override& entry) { return (entry.kind != "*" ? 2 : 0) + (entry.access.empty() ? 0 : 1); }

}  // namespace

Result<Overrides> Overrides::parse(const std::vector<std::string>& entries) {
  if (entries.size() > kMaxOverrides) {
    return schema::invalid(fmt::format("there are at most {} severity rules", kMaxOverrides));
  }
  Overrides out;
  for (const std::string& entry : entries) {
    auto one = read_entry(entry);
    if (!one) return std::move(one).error();
    for (const Override& other : out.entries_) {
      if (other.kind == one->kind && other.access == one->access) {
        return wrong(entry, "the same kind and access stand there twice");
      }
    }
    out.entries_.push_back(std::move(one).value());
  }
  std::stable_sort(out.entries_.begin(), out.entries_.end(),
                   [](const Override& a, const Override& b) { return weight(a) > weight(b); });
  return out;
}

Result<Overrides> Overrides::parse_text(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (!words_of(line).empty()) entries.emplace_back(line);
    if (entries.size() > kMaxOverrides) break;  // parse() says it
  }
  return parse(entries);
}

const Override* Overrides::find(std::string_view kind, std::string_view access) const {
  for (const Override& entry : entries_) {
    if (entry.kind != "*" && entry.kind != kind) continue;
    if (entry.access.empty() || entry.access == access) return &entry;
  }
  return nullptr;
}

}  // namespace fuzzmill::workers
