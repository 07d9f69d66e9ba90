#include "store/objects/scratch_folder.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>

#include "store/objects/files.h"
#include "store/objects/folder_store.h"

namespace fuzzmill::store {

schema::Result<std::filesystem::path> make_scratch_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  const auto path = std::filesystem::absolute(folder, failed).lexically_normal();
  std::filesystem::create_directories(path.parent_path(), failed);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return os_error(errno, "cannot make", path.string());
  const FileDescriptor fd(::open(path.c_str(), kFolderFlags));
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) return os_error(errno, "cannot open", path.string());
  if (status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
    return schema::denied(fmt::format("{} is another's, or others may write there", path.string()));
  }
  sweep_folder(fd.get(), kLeftoverAge);
  return path;
}

void sweep_folder(int folder, std::chrono::seconds age) {
  const int copy = openat(folder, ".", kFolderFlags);
  DIR* dir = copy < 0 ? nullptr : fdopendir(copy);
  if (dir == nullptr) {
    if (copy >= 0) close(copy);
    return;
  }
  const std::time_t oldest = std::time(nullptr) - age.count();
  while (const dirent* entry = readdir(dir)) {
    struct stat status {};
    if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(status.st_mode) &&
        status.st_mtime <= oldest) {
      unlinkat(folder, entry->d_name, 0);
    }
  }
  closedir(dir);
}

}  // namespace fuzzmill::store
