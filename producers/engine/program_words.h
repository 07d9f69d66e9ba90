// What a program's file says it is: words that engines put into the targets they link.
#pragma once

#include <filesystem>

#include "schema/result.h"

namespace fuzzmill::producers {

struct ProgramWords {
  bool libfuzzer = false;         // links libFuzzer's main: takes input files, and flags with one dash
  bool afl_driver = false;        // AFL++'s driver for libFuzzer-style targets: takes input files
  bool honggfuzz_driver = false;  // honggfuzz's main for such targets: takes an input file last, else stdin
};

// Looks for the words in the file, so that a stripped program is recognised too; the runtime must be linked
// into it, as it is by default. kNotFound, kDenied; kInvalid when it is no file to read.
schema::Result<ProgramWords> words_of_program(const std::filesystem::path& program);

}  // namespace fuzzmill::producers
