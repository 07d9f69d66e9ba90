// The look into a folder that pure readers are given.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace fuzzmill::producers {

struct FolderEntry {
  std::string name;
  bool is_folder = false;  // itself, not what a link points to: a link of the target's must lead nowhere
};
// The entries of a folder; none when it cannot be read.
using ListFolder = std::function<std::vector<FolderEntry>(const std::filesystem::path&)>;

// The real look, at most `limit` entries a folder.
ListFolder folder_lister(std::size_t limit = 100'000);

}  // namespace fuzzmill::producers
