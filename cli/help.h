// What `fuzzmill help` says, and docs/options.md, both made from the tables of commands, options and exit
// codes. Pure functions over those tables.
#pragma once

#include <string>

namespace fuzzmill::cli {

std::string overview_text();     // the list of commands
std::string options_markdown();  // docs/options.md, whole

}  // namespace fuzzmill::cli
