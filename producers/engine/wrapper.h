// Programs that start another one and step aside: env, nice, timeout, taskset … Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "producers/engine/sanitizer_options.h"

namespace fuzzmill::producers {

// The last part of a path.
std::string program_name(const std::string& path);

struct Unwrapped {
  std::size_t program = 0;              // where in argv the command proper begins
  Variables environment;                // set on the way: env A=B, A=B of sudo
  bool clean_environment = false;       // env -i
  std::vector<std::string> wrappers;    // their names, outermost first
  std::optional<std::string> dead_end;  // a wrapper that starts nothing we can see; says why
};

// Looks through any number of wrappers, up to eight.
Unwrapped unwrap(const std::vector<std::string>& argv);

}  // namespace fuzzmill::producers
