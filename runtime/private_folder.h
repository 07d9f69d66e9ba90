// A fresh folder of our own in which a program that we do not trust may write, and that goes with its owner.
//
// What such a program leaves behind is hostile: a thousand folders in each other, folders without
// permissions, links that lead outside. Removal follows no link and never holds more than a few descriptors.
// It expects that the program has ended. Threads: one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::runtime {

inline constexpr std::string_view kPrivateFolderPrefix = "fuzzmill-";  // of their names

class PrivateFolder {
 public:
  // Below `base` (resolved to a path without links), mode 700. kNotFound, kDenied, kUnavailable: `base` does
  // not take it; the caller names another one.
  static schema::Result<PrivateFolder> make(const std::filesystem::path& base);

  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&& other) noexcept;
  ~PrivateFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  PrivateFolder() = default;
  void remove();

  std::filesystem::path path_;
};

// What a folder holds, links not followed. Looks at no more than `max_entries` and no deeper than 32 folders:
// `entries` is then above the bound.
struct FolderUse {
  std::uint64_t bytes = 0;  // on the disk
  std::uint64_t entries = 0;
};
FolderUse measure_folder(const std::filesystem::path& folder, std::uint64_t max_entries);

// Removes a folder and all below it, whatever its shape. False: something stays.
bool remove_folder(const std::filesystem::path& folder);

}  // namespace fuzzmill::runtime
