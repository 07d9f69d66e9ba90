#include "producers/corpus/corpus_size.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace fuzzmill::producers {
namespace {

std::optional<CorpusSize> look(const std::filesystem::path& folder) {
  DIR* entries = ::opendir(folder.c_str());
  if (entries == nullptr) return std::nullopt;
  CorpusSize size;
  while (const dirent* entry = ::readdir(entries)) {
    struct stat info {};
    if (entry->d_name[0] == '.' || (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)) continue;
    if (::fstatat(::dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(info.st_mode)) continue;
    ++size.files;
    size.bytes += static_cast<std::uint64_t>(info.st_size);
  }
  ::closedir(entries);
  return size;
}

}  // namespace

std::optional<CorpusSize> CorpusMeasure::size(Time now) {
  if (looked_ && now < *looked_ + every_) return size_;
  std::error_code failed;
  const auto changed = std::filesystem::last_write_time(folder_, failed);
  if (failed) return std::nullopt;
  looked_ = now;
  if (changed_ != changed || !size_) size_ = look(folder_);
  changed_ = changed;
  return size_;
}

}  // namespace fuzzmill::producers
