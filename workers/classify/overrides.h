// What a project says itself about severities, as text:
//
//   severity-rules = ["heap-buffer-overflow READ = HIGH", "memory-leak = LOW", "timeout = LOW not-security"]
//
// An entry is KIND [READ|WRITE] = [CRITICAL|HIGH|MEDIUM|LOW] [security|not-security], with at least one word
// after the '='; what it does not say stays. KIND is a kind or `*` for all. The entry that says most about
// a crash wins: kind and access, then kind, then * and access, then *; the order of entries means nothing.
// Pure; any thread may call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "schema/taxonomy.h"

namespace fuzzmill::workers {

struct Override {
  std::string kind;    // or "*"
  std::string access;  // READ, WRITE, or empty: any
  std::optional<schema::Severity> severity;
  std::optional<bool> security;
};

class Overrides {
 public:
  Overrides() = default;

  // kInvalid names the entry and what is wrong with it: no '=', an unknown word, a kind one or two letters
  // away from one of the taxonomy, the same kind and access twice, more than kMaxOverrides entries. A kind
  // that is far from all of ours is taken: a sanitizer may be newer than the taxonomy.
  static schema::Result<Overrides> parse(const std::vector<std::string>& entries);
  // The same from a text with an entry a line; empty lines and what follows a '#' are skipped.
  static schema::Result<Overrides> parse_text(std::string_view text);

  // nullptr: nothing is said of such crashes.
  const Override* find(std::string_view kind, std::string_view access) const;
  const std::vector<Override>& entries() const { return entries_; }

 private:
  std::vector<Override> entries_;  // the weightiest first
};

inline constexpr std::size_t kMaxOverrides = 1000;

}  // namespace fuzzmill::workers
