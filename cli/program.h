// The program: finds the command, parses its options, runs it, turns an error into a message and a code.
#pragma once

#include <string>
#include <vector>

#include "runtime/exit_code.h"

namespace fuzzmill::cli {

// `arguments` without the program's name.
runtime::ExitCode run_program(std::vector<std::string> arguments);

}  // namespace fuzzmill::cli
