#include "cli/triage/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <iterator>
#include <span>

#include "runtime/printable.h"
#include "schema/digest.h"

namespace fuzzmill::cli {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 && (c & 0x80) == 0; }
bool is_word(char c) { return is_alnum(c) || c == '_'; }

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t j) { return j < bytes.size() ? std::uint32_t{bytes[j]} : 0u; };
    const std::uint32_t word = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) out += kDigits[word >> shift & 63];
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  return out.replace(out.size() - padding, padding, padding, '=');
}

std::size_t longest_backticks(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// A code span of text that is one printable line.
std::string code_span(const std::string& text) {
  if (text.empty()) return "` `";
  const std::string fence(longest_backticks(text) + 1, '`');
  // Blanks beside the fence are taken away by Markdown: one on each side, when both are there. They keep
  // a backtick at the edge apart from the fence.
  const bool edge = text.front() == '`' || text.back() == '`' || (text.front() == ' ' && text.back() == ' ');
  return edge ? fence + " " + text + " " + fence : fence + text + fence;
}

// GitHub makes links of what looks like its own: GH-1, a commit's digits; and of www.
bool has_reference(std::string_view text) {
  std::size_t hex = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0) {
      ++hex;
      continue;
    }
    if (hex >= 7 && (i == text.size() || !is_word(text[i])) && (i == hex || !is_word(text[i - hex - 1])))
      return true;
    hex = 0;
  }
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find("gh-") != std::string::npos || lower.find("www.") != std::string::npos;
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kHarmless = " ,.;()-'\"%=+/";
  if (text.empty() || !is_alnum(text.front())) return false;
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : ' '; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_alnum(text[i]) || kHarmless.find(text[i]) != std::string_view::npos) continue;
    // Inside a word an underscore emphasises nothing; a colon before a blank or another is no scheme.
    if (text[i] == '_' && i > 0 && is_alnum(at(i - 1)) && is_alnum(at(i + 1))) continue;
    if (text[i] == ':' && at(i + 1) == ' ') continue;
    if (text[i] == ':' && at(i + 1) == ':' && is_word(at(i + 2))) {
      ++i;
      continue;
    }
    return false;
  }
  return !has_reference(text);
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : runtime::printable(text, kMaxShownText)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_in_html(std::string json) { return replace_all(std::move(json), "<", "\\u003c"); }

std::string policy_hash(std::string_view content) {
  const auto digest = schema::sha256(content);
  return fmt::format("'sha256-{}'", base64(digest));
}

std::string markdown_code(std::string_view text) {
  return code_span(runtime::printable(text, kMaxShownText));
}

std::string markdown_cell(std::string_view text) {
  return code_span(replace_all(runtime::printable(text, kMaxShownText), "|", "\\x7c"));
}

std::string markdown_words(std::string_view text) {
  return is_plain(text) ? std::string(text) : markdown_code(text);
}

std::string markdown_block(std::string_view lines) {
  const std::string fence(std::max<std::size_t>(3, longest_backticks(lines) + 1), '`');
  std::string out = fence + "text\n";
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    out += runtime::printable(lines.substr(0, end), kMaxShownText) + "\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out + fence + "\n";
}

std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c != '\0') {
      out += c;
    }
  }
  return out + "'";
}

std::string script_comment(std::string_view text) {
  // A backslash at the end would go on with the next line in gdb.
  return replace_all(runtime::printable(text, 400), "\\", "/");
}

std::string gdb_pattern(std::string_view function) {
  // The last name: "ns::Class<int>::f(int)" → "f", for gdb prints the rest in its own way.
  int depth = 0;
  std::size_t end = 0;
  while (end < function.size() && function[end] != '(') ++end;
  std::string name;
  for (std::size_t i = end; i-- > 0;) {
    const char c = function[i];
    if (c == '>') ++depth;
    if (depth == 0 && !is_word(c)) {
      if (name.empty()) continue;
      break;
    }
    if (depth == 0) name.insert(name.begin(), c);
    if (c == '<' && depth > 0) --depth;
  }
  if (name.empty()) return name;
  return fmt::format("^(.*[^a-zA-Z0-9_])?{}([^a-zA-Z0-9_].*)?$", name);
}

std::string uri_of_path(std::string_view path) {
  constexpr std::string_view kUnreserved = "-._~/";
  std::string out;
  for (const char c : path) {
    if (is_alnum(c) || kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}",
                     static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  // "//host" would name a machine.
  if (out.starts_with("//")) out.erase(0, std::min(out.find_first_not_of('/'), out.size()) - 1);
  return out;
}

std::string file_word(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 64)) {
    if (is_alnum(c)) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "x" : out;
}

}  // namespace fuzzmill::cli
