// Which fuzzer and corpus `corpus minimize` is about: a target of the agent's file, one that runs now, or a
// command.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "producers/minimize/minimize.h"

namespace fuzzmill::cli {

struct TargetChoice {
  std::string name, file, engine = "auto";
  std::vector<std::string> command;
};
struct TargetFound {
  std::string name;
  producers::MinimizeTarget target;
  std::vector<std::filesystem::path> corpus;  // as the command says; may be empty
};

// kInvalid, kNotFound: says what to give.
schema::Result<TargetFound> find_target(const TargetChoice& choice);

// The corpus folders that a fuzzer's command writes. Reads folders.
std::vector<std::filesystem::path> corpus_of(producers::Engine engine,
                                             const std::vector<std::string>& command,
                                             const std::filesystem::path& working_dir);

}  // namespace fuzzmill::cli
