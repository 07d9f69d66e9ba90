#include "runtime/options_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fuzzmill::runtime {
namespace {

using Place = Declaration::Place;

// How a positional stands in the usage line.
std::string usage_word(const Declaration& declaration) {
  if (declaration.place == Place::kRemainder) return fmt::format("-- {}", declaration.name);
  const std::string word = declaration.name + (declaration.takes_many ? "..." : "");
  return declaration.is_required ? word : fmt::format("[{}]", word);
}

std::string usage(const CommandText& command, const Options& options) {
  std::string line = fmt::format("fuzzmill {}", command.name);
  const auto& declarations = options.declarations();
  for (const Declaration& declaration : declarations) {
    if (declaration.place == Place::kPositional) line += fmt::format(" {}", usage_word(declaration));
  }
  line += " [OPTIONS]";
  for (const Declaration& declaration : declarations) {
    if (declaration.place == Place::kRemainder) line += fmt::format(" {}", usage_word(declaration));
  }
  return line;
}

std::string left_column(const Declaration& declaration) {
  if (declaration.place != Place::kOption) return usage_word(declaration);
  if (declaration.is_secret) return declaration.variable();
  return fmt::format("--{}{}{}", declaration.name, declaration.value_name.empty() ? "" : " ",
                     declaration.value_name);
}

std::string right_column(const Declaration& declaration) {
  std::string text = declaration.help;
  if (!declaration.choices.empty()) text += fmt::format(": {}", fmt::join(declaration.choices, ", "));
  if (declaration.is_secret)
    text += fmt::format("; from this variable or the file's key `{}` only", declaration.name);
  if (declaration.is_required) text += " (required)";
  if (!declaration.default_text.empty()) text += fmt::format(" [{}]", declaration.default_text);
  return text;
}

// Breaks at spaces so that no line is longer than `width`, later lines indented.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::size_t room = std::max<std::size_t>(width, indent + 20) - indent;
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + end > room) {
      out += '\n' + std::string(indent, ' ');
      column = 0;
    } else if (column > 0) {
      out += ' ', ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void append_rows(std::string& out, const Options& options, bool positionals, std::size_t width) {
  constexpr std::size_t kLeft = 28;
  for (const Declaration& declaration : options.declarations()) {
    if ((declaration.place != Place::kOption) != positionals) continue;
    const std::string left = fmt::format("  {}", left_column(declaration));
    out += left;
    out += left.size() + 2 > kLeft ? '\n' + std::string(kLeft, ' ') : std::string(kLeft - left.size(), ' ');
    out += wrapped(right_column(declaration), kLeft, width) + "\n";
  }
}

// Only what a table of Markdown needs: the texts are our own.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) { return text.empty() ? std::string() : fmt::format("`{}`", text); }

}  // namespace

std::string help_text(const CommandText& command, const Options& options, std::size_t width) {
  std::string out =
      fmt::format("{}\n\nusage: {}\n", wrapped(command.summary, 0, width), usage(command, options));
  if (!command.details.empty()) out += fmt::format("\n{}\n", command.details);
  const auto& declarations = options.declarations();
  const bool positionals = std::any_of(declarations.begin(), declarations.end(),
                                       [](const Declaration& one) { return one.place != Place::kOption; });
  if (positionals) out += "\n", append_rows(out, options, true, width);
  out += "\nOptions (each also as FUZZMILL_<NAME> and in the file of --config):\n";
  append_rows(out, options, false, width);
  out += "  --help                    this text\n";
  out += fmt::format("\nExample:\n  {}\n", command.example);
  return out;
}

std::string markdown_text(const CommandText& command, const Options& options) {
  std::string out = fmt::format("## fuzzmill {}\n\n{}.\n\n    {}\n\n", command.name, command.summary,
                                usage(command, options));
  if (!command.details.empty()) out += fmt::format("```\n{}\n```\n\n", command.details);
  out += "| option | variable | key | default | what |\n|---|---|---|---|---|\n";
  for (const Declaration& declaration : options.declarations()) {
    const bool option = declaration.place == Place::kOption;
    std::string help = declaration.help;
    if (!declaration.choices.empty()) help += fmt::format(": {}", fmt::join(declaration.choices, ", "));
    if (declaration.is_required) help += " (required)";
    out += fmt::format(
        "| {} | {} | {} | {} | {} |\n", declaration.is_secret ? "" : code(left_column(declaration)),
        code(declaration.variable()), option && !declaration.is_only_flag ? code(declaration.name) : "",
        code(cell(declaration.default_text)), cell(help));
  }
  return out + fmt::format("\nExample: `{}`\n", command.example);
}

}  // namespace fuzzmill::runtime
