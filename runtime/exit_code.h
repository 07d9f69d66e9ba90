// How our processes end: one table of exit codes, the same for every command.
#pragma once

#include <span>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::runtime {

enum class ExitCode : int {
  kOk = 0,
  kFound = 1,  // worked, and what it looked at is not well
  kUsage = 2,
  kNotFound = 3,
  kUnavailable = 4,
  kInternal = 5,
  kRefused = 6,
};

struct ExitCodeRow {
  ExitCode code;
  std::string_view name;
  std::string_view meaning;
};
std::span<const ExitCodeRow> exit_codes();

// The exit code of a command that could not do what it was asked to.
ExitCode exit_code_of(const schema::Error& error);

}  // namespace fuzzmill::runtime
