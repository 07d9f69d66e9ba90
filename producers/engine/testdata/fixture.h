// The samples beside this file, for tests.
#pragma once

#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fuzzmill::producers {

inline std::string sample(const std::string& name) {
  std::ifstream in(std::string(FUZZMILL_SOURCE_DIR) + "/producers/engine/testdata/" + name + ".txt",
                   std::ios::binary);
  if (!in) throw std::runtime_error("no sample " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

// An environment that is not the test's own.
inline std::function<std::optional<std::string>(const std::string&)> variables(
    std::vector<std::pair<std::string, std::string>> all = {}) {
  return [all = std::move(all)](const std::string& name) -> std::optional<std::string> {
    for (const auto& [key, value] : all) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
}

inline std::string value_in(const std::vector<std::pair<std::string, std::string>>& all,
                            const std::string& name) {
  return variables(all)(name).value_or("(not set)");
}

}  // namespace fuzzmill::producers
