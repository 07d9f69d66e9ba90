#include "workers/fingerprint/stack/project_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

using Field = ProjectRules::Field;
using Rule = ProjectRules::Rule;

struct FieldWord {
  std::string_view word;
  Field field;
};

constexpr FieldWord kFieldWords[] = {{"function ", Field::kName},
                                     {"beginning ", Field::kBeginning},
                                     {"path ", Field::kPath},
                                     {"module ", Field::kModule}};

bool begins(std::string_view function, std::string_view match) {
  if (match.ends_with('*')) return function.starts_with(match.substr(0, match.size() - 1));
  if (!function.starts_with(match)) return false;
  return function.size() == match.size() || !is_word(match.back()) || !is_word(function[match.size()]);
}

bool has_folder(std::string_view path, std::string_view part) {
  const auto ends_name = [](char c) { return c == '/' || c == '\\'; };
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t at = path.find(part, from);
    if (at == std::string_view::npos) return false;
    const std::size_t end = at + part.size();
    const bool starts = at == 0 || ends_name(path[at - 1]) || ends_name(part.front());
    const bool stops = end == path.size() || ends_name(path[end]) || ends_name(part.back());
    if (starts && stops) return true;
    from = at + 1;
  }
  return false;
}

bool fits(const Rule& rule, const Frame& frame, std::string_view function) {
  switch (rule.field) {
    case Field::kName:
      return function == rule.match;
    case Field::kBeginning:
      return begins(function, rule.match);
    case Field::kPath:
      return has_folder(frame.file, rule.match);
    case Field::kModule:
      return file_name(frame.module) == rule.match;
  }
  return false;
}

bool has_line_break(std::string_view text) { return text.find_first_of("\n\r") != std::string_view::npos; }

schema::Result<Rule> read_line(std::string_view line) {
  Rule rule;
  rule.keep = consume(line, "keep ");
  line = trim(line);
  for (const FieldWord& row : kFieldWords) {
    if (!consume(line, row.word)) continue;
    rule.field = row.field;
    if (const auto as = line.rfind(" as "); as != std::string_view::npos) {
      rule.name = std::string(trim(line.substr(as + 4)));
      line = line.substr(0, as);
    }
    rule.match = std::string(trim(line));
    return rule;
  }
  return schema::invalid("a frame rule begins with function, beginning, path or module");
}

}  // namespace

schema::Result<ProjectRules> ProjectRules::of(std::vector<Rule> rules) {
  if (rules.size() > kMaxProjectRules)
    return schema::too_large(fmt::format("{} frame rules are more than {}", rules.size(), kMaxProjectRules));
  for (const Rule& rule : rules) {
    if (rule.match.empty() || rule.match == "*" || rule.name.empty())
      return schema::invalid("a frame rule without a match or a name");
    if (has_line_break(rule.match) || has_line_break(rule.name))
      return schema::invalid("a frame rule with a line break");
    if (rule.match.size() > kMaxProjectMatch || rule.name.size() > kMaxProjectMatch)
      return schema::too_large(fmt::format("a frame rule of more than {} bytes", kMaxProjectMatch));
  }
  ProjectRules out;
  out.rules_ = std::move(rules);
  return out;
}

schema::Result<ProjectRules> ProjectRules::parse(std::string_view lines) {
  std::vector<std::string> list;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    list.emplace_back(trim(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return parse(list);
}

schema::Result<ProjectRules> ProjectRules::parse(std::span<const std::string> lines) {
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    if (line.empty() || (line.front() == '#' && !has_line_break(line))) continue;
    auto rule =
        has_line_break(line) ? schema::Result<Rule>(schema::invalid("a rule is one line")) : read_line(line);
    if (!rule) return std::move(rule).error().in(fmt::format("frame rules, line {}", i + 1));
    rules.push_back(*std::move(rule));
  }
  return of(std::move(rules));
}

const Rule* ProjectRules::find(const Frame& frame, std::string_view function) const {
  const auto at = std::find_if(rules_.begin(), rules_.end(),
                               [&](const Rule& rule) { return fits(rule, frame, function); });
  return at == rules_.end() ? nullptr : &*at;
}

}  // namespace fuzzmill::workers
