#include "producers/engine/folder_listing.h"

#include <system_error>

namespace fuzzmill::producers {

ListFolder folder_lister(std::size_t limit) {
  return [limit](const std::filesystem::path& folder) {
    std::vector<FolderEntry> entries;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      if (entries.size() >= limit) break;
      std::error_code unknown;
      const auto type = entry->symlink_status(unknown).type();
      entries.push_back({entry->path().filename().string(), type == std::filesystem::file_type::directory});
    }
    return entries;
  };
}

}  // namespace fuzzmill::producers
