// What the tests with tests/replay/victim.cc share.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "producers/replay/replay.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

inline const runtime::SandboxAbilities& abilities() {
  static const auto found = runtime::probe_sandbox(std::filesystem::temp_directory_path());
  return found;
}

// Whether a test of this wall can run here. Where FUZZMILL_REQUIRE_WALLS is set it has to.
inline bool stands(bool wall, const std::string& without) {
  if (!wall && std::getenv("FUZZMILL_REQUIRE_WALLS") != nullptr) FAIL("required here: " << without);
  if (!wall) WARN("skipped: " << without);
  return wall;
}

// With the walls this machine allows, and without any that it has to allow.
inline std::vector<ReplayPlace> places() {
  const auto base = std::filesystem::temp_directory_path();
  return {{abilities(), base}, {{}, base}};
}

inline ReplayCommand victim() {
  ReplayCommand command;
  command.argv = {VICTIM, "@@"};
  return command;
}

// Processes that run a program, by its path.
inline std::size_t count_running(const std::string& program) {
  std::size_t found = 0;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return 0;
  while (const dirent* entry = ::readdir(folder)) {
    std::array<char, 4096> target{};
    const auto link = "/proc/" + std::string(entry->d_name) + "/exe";
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    if (size > 0 && std::string(target.data(), static_cast<std::size_t>(size)) == program) ++found;
  }
  ::closedir(folder);
  return found;
}

}  // namespace fuzzmill::producers
