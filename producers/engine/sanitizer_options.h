// The environment that makes a fuzzer's reports worth reading: what the user left unset is set, what the user
// set is left as it is.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fuzzmill::producers {

using GetVariable = std::function<std::optional<std::string>(const std::string& name)>;
using Variables = std::vector<std::pair<std::string, std::string>>;

// What to add to, or replace in, the environment of the fuzzer. `symbolizer`: see find_symbolizer().
Variables sanitizer_variables(const GetVariable& get, const std::optional<std::filesystem::path>& symbolizer);

// llvm-symbolizer: of PATH, else of the newest /usr/lib/llvm-N/bin, else llvm-symbolizer-N of PATH's folders.
// `root` stands before /usr, for tests.
std::optional<std::filesystem::path> find_symbolizer(const std::string& path_variable,
                                                     const std::filesystem::path& root = "/");

}  // namespace fuzzmill::producers
