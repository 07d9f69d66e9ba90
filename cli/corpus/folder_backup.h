// A backup of a folder that this machine can read, without agent and broker: `corpus backup TARGET --from
// DIR`.
#pragma once

#include <filesystem>
#include <string>

#include "producers/corpus/selection.h"
#include "workers/archive/builder.h"

namespace fuzzmill::cli {

struct FolderBackup {
  std::string target, node, engine;
  producers::CorpusPlace place;
  producers::SelectionPolicy policy;
};

// Reads, chooses and hashes the files. kNotFound: no such folder. What goes away or cannot be read meanwhile
// is counted as left out.
schema::Result<workers::Incoming> read_folder(const FolderBackup& backup, const std::string& snapshot,
                                              std::uint64_t now_ms);

}  // namespace fuzzmill::cli
