// Which engine a command line starts, also through wrappers. Pure but for words_of_program().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "producers/engine/engine.h"
#include "producers/engine/program_words.h"
#include "producers/engine/sanitizer_options.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct Recognised {
  Engine engine = Engine::kLibfuzzer;
  std::vector<std::string> command;  // the fuzzer's own: without the wrappers before it
  std::vector<std::string> before;   // the wrappers, as given; before + command is what was looked at
  Variables environment;             // that env set on the way
  bool clean_environment = false;    // env -i
};

// Tells of the file behind a command's first word; words_of_program() after a look-up in PATH.
using WordsOf = std::function<schema::Result<ProgramWords>(const std::string& program)>;
schema::Result<ProgramWords> words_of_command(const std::string& program);

// afl-fuzz and honggfuzz are known by the name of the program, libFuzzer targets by their file.
// kInvalid: none of them; the message says what was looked at and names the way out (--engine NAME).
// kNotFound, kDenied: the program cannot be looked at.
schema::Result<Recognised> recognise(const std::vector<std::string>& argv, const WordsOf& words);

// The same when the user named the engine: wrappers are looked through, the program is not looked at.
// kInvalid: there is no command behind the wrappers.
schema::Result<Recognised> recognise_as(Engine engine, const std::vector<std::string>& argv);

}  // namespace fuzzmill::producers
