// The instances of an AFL output folder and where each keeps what. Pure over a listing.
//
//   OUT/<instance>/{queue,crashes,hangs,fuzzer_stats,…}      OUT/<instance>/crashes.2026-11-22-08:30:54
// An in-place resume renames crashes/ and hangs/ to a dated name: what is there was found and must be
// published. AFL before 3.0 without -M and -S put all into OUT itself: an instance with an empty name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "producers/engine/afl_artifact.h"
#include "producers/engine/folder_listing.h"

namespace fuzzmill::producers {

struct AflArtifactFolder {
  std::filesystem::path path;
  AflFolder holds = AflFolder::kCrashes;
  bool dated = false;  // nothing is added to it any more
};

struct AflInstance {
  std::string name;
  std::filesystem::path folder;
  std::filesystem::path stats;               // fuzzer_stats, may not be there yet
  std::filesystem::path queue;               // the corpus
  std::vector<AflArtifactFolder> artifacts;  // by name; those that are there
  bool main = false;                         // has is_main_node
};

// By name. What is no instance of AFL is left out, as are instances and dated folders over 4096 each.
std::vector<AflInstance> afl_instances(const std::filesystem::path& output, const ListFolder& list);

// crashes, hangs, and the dated forms of both.
std::optional<AflArtifactFolder> afl_artifact_folder(const std::filesystem::path& path);

}  // namespace fuzzmill::producers
