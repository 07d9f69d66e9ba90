// A project's own rules for frames that say nothing: its logging, its allocator, its generated glue. They
// come from its configuration and go before the built-in ones.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

inline constexpr std::string_view kProjectRule = "project";  // of rules without a name of their own
inline constexpr std::size_t kMaxProjectRules = 1024;
inline constexpr std::size_t kMaxProjectMatch = 512;  // bytes

// Immutable once built; any thread may ask.
class ProjectRules {
 public:
  // What a rule compares:
  //   "name"       a whole normalised function name ("ns::log_failure")
  //   "beginning"  a name's beginning that ends where a word does: "ns::detail" matches "ns::detail::f"
  //                and "ns::detail", not "ns::details"; one that ends in "*" matches any continuation
  //   "path"       a part of the source file's path, of whole folder or file names ("third_party/log")
  //   "module"     a module's file name ("libglue.so")
  enum class Field { kName, kBeginning, kPath, kModule };

  struct Rule {
    Field field = Field::kName;
    std::string match;
    std::string name{kProjectRule};  // what `dropped` shows
    bool keep = false;               // keeps the frame, whatever the built-in rules say
  };

  // Errors: an empty or overlong match, one with a line break, too many rules.
  static schema::Result<ProjectRules> of(std::vector<Rule> rules);

  // Reads the lines of a configuration's list: "function NAME", "beginning NAME", "path PART",
  // "module NAME", each with an optional "keep " before and " as RULE-NAME" behind. Empty lines and
  // lines that begin with '#' mean nothing. Errors: a line that is none of these, by number.
  static schema::Result<ProjectRules> parse(std::string_view lines);
  // The same of a list of lines, each of them one rule.
  static schema::Result<ProjectRules> parse(std::span<const std::string> lines);

  bool empty() const { return rules_.empty(); }
  std::span<const Rule> rules() const { return rules_; }

  // The first rule that fits, or nullptr. The rule lives as long as this object.
  const Rule* find(const Frame& frame, std::string_view function) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace fuzzmill::workers
