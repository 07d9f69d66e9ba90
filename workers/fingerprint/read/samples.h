// Fixtures of testdata/: real output of our own small programs.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace fuzzmill::workers {

inline std::string sample(const std::string& name) {
  const std::string path = std::string(FUZZMILL_SOURCE_DIR) + "/workers/fingerprint/read/testdata/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no fixture " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Every fixture of a libFuzzer version has one of these names after "libfuzzerNN-".
inline constexpr const char* kLibFuzzerSamples[] = {
    "assert.log",        "leak.log", "malloc-limit.log", "null-write.log",     "heap-overflow-in-memcpy.log",
    "rss-limit.log",     "exit.log", "timeout.log",      "use-after-free.log", "slow-unit.log",
    "stack-overflow.log"};

}  // namespace fuzzmill::workers
