// What the declarations of options look like to people: --help, and the tables of docs/options.md.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "runtime/options.h"

namespace fuzzmill::runtime {

struct CommandText {
  std::string_view name;     // "broker"
  std::string_view summary;  // one line
  std::string_view details;  // may be empty; paragraphs
  std::string_view example;  // the command line that ends every --help
};

// `width` is that of the terminal, in columns.
std::string help_text(const CommandText& command, const Options& options, std::size_t width);

// The section of docs/options.md about a command.
std::string markdown_text(const CommandText& command, const Options& options);

}  // namespace fuzzmill::runtime
