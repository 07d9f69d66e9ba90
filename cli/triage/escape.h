// Text of reports made safe for what it is written into. Nobody who writes a crash report is trusted: file
// names, function names and messages may hold markup, commands, escape sequences or broken bytes. One
// function for each place that text can stand in; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fuzzmill::cli {

inline constexpr std::size_t kMaxShownText = 4096;  // bytes of one text that are shown, before escaping

// As HTML text or attribute value: & < > " ' escaped, control characters made visible.
std::string escape_html(std::string_view text);

// JSON made fit to stand in a <script type="application/json"> element: no '<' is left, so nothing in it
// can end the element or open a comment. Still the same JSON.
std::string json_in_html(std::string json);

// What a Content-Security-Policy calls an inline style or script: 'sha256-…', quotes included.
std::string policy_hash(std::string_view content);

// Inline code in Markdown: mentions, references, links and HTML mean nothing in there. One line.
std::string markdown_code(std::string_view text);
// The same in a cell of a table, where '|' would end the cell: it is shown as \x7c.
std::string markdown_cell(std::string_view text);
// As it stands where it is nothing but words that Markdown and GitHub leave alone, else as code. One line.
std::string markdown_words(std::string_view text);
// A fenced block of lines, the fence longer than any run of backticks in it. Ends with a line break.
std::string markdown_block(std::string_view lines);

// One word of a POSIX shell, in single quotes. Every byte but NUL, which no argument can hold, is kept.
std::string shell_word(std::string_view text);
// For a comment of a shell or gdb script: one line of printable text.
std::string script_comment(std::string_view text);

// A regular expression for the Python in gdb that finds the function, with or without template
// arguments and the namespace around it; nothing in it but letters, digits, '_', '(', ')', '|', '[', ']',
// '^', '$', '?', '*', '-' and '.'. Empty when the name has no word to look for.
std::string gdb_pattern(std::string_view function);

// A path as a URI reference (RFC 3986): what is neither unreserved nor '/' is percent-encoded. ':'
// is encoded too, so that no path reads as a scheme, and "//" at the start is one slash, no host.
std::string uri_of_path(std::string_view path);

// For a name of ours made of a word of theirs: lower-case letters, digits and hyphens, at most 64; "x" for
// nothing.
std::string file_word(std::string_view text);

}  // namespace fuzzmill::cli
