// Command lines in the way of getopt(3): bundled letters, values joined or in the next argument, long
// options. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::producers {

struct LongOption {
  std::string_view name;
  bool valued = false;
  char letter = 0;  // its short form; 0: none
};

struct OptionGrammar {
  std::string_view valued;  // letters that take a value; any other letter is a flag
  std::span<const LongOption> longs;
};

struct OptionSeen {
  char letter = 0;        // 0: only long
  std::string_view name;  // long form, empty when it has none
  std::string value;
};

// Calls `take` for each option after argv[0] and returns where the first argument that is none stands (behind
// `--` when there is one). Long options may be cut to what is unique; one that is not known is skipped, with
// the value it holds in itself.
std::size_t read_options(const std::vector<std::string>& argv, const OptionGrammar& grammar,
                         const std::function<void(const OptionSeen&)>& take);

}  // namespace fuzzmill::producers
