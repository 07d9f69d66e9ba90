#include "store/archive/folder_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::size_t kOpenFolders = 64;
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

struct CloseFolder {
  void operator()(DIR* dir) const { closedir(dir); }
};

Result<bool> is_empty(int fd) {
  const int copy = ::openat(fd, ".", kFolderFlags);
  if (copy < 0) return os_error(errno, "cannot list", "folder");
  const std::unique_ptr<DIR, CloseFolder> dir(::fdopendir(copy));
  if (!dir) return ::close(copy), os_error(errno, "cannot list", "folder");
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return false;
  }
  return true;
}

std::string temporary_name() {
  static std::atomic<std::uint64_t> next{0};
  return fmt::format("{}{}-{}", kTemporaryPrefix, ::getpid(), next++);
}

timespec time_of(std::int64_t ms) {
  std::int64_t seconds = ms / 1000;
  std::int64_t rest = ms % 1000;
  if (rest < 0) rest += 1000, --seconds;
  return {static_cast<time_t>(seconds), static_cast<long>(rest * 1'000'000)};
}

}  // namespace

Result<FolderTree> FolderTree::open(const std::filesystem::path& folder, bool must_be_empty) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  // The folder itself is the operator's choice and may be a link; what lies below may not.
  FileDescriptor fd(::open(folder.c_str(), kFolderFlags & ~O_NOFOLLOW));
  if (fd.get() < 0) return os_error(failed ? failed.value() : errno, "cannot open folder", folder.string());
  if (must_be_empty) {
    const auto empty = is_empty(fd.get());
    if (!empty) return empty.error();
    if (!*empty) {
      return schema::conflict(
          fmt::format("{} is not empty: restore into a new folder, or merge", folder.string()));
    }
  }
  return FolderTree(std::move(fd));
}

FolderTree::~FolderTree() {
  if (!temporary_.empty()) ::unlinkat(root_.get(), temporary_.c_str(), 0);
}

Status FolderTree::open_unnamed() {
  if (!temporary_.empty()) ::unlinkat(root_.get(), temporary_.c_str(), 0);
  temporary_.clear();
  if (!named_) {
    file_ = FileDescriptor(::openat(root_.get(), ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, kFileMode));
    if (file_.get() >= 0) return {};
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
      return os_error(errno, "cannot make", "file");
    named_ = true;
  }
  const std::string name = temporary_name();
  file_ = FileDescriptor(
      ::openat(root_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (file_.get() < 0) return os_error(errno, "cannot make", name);
  temporary_ = name;
  return {};
}

Status FolderTree::write(std::string_view bytes, std::int64_t mtime_ms) {
  if (auto opened = open_unnamed(); !opened) return opened;
  if (auto written = write_whole(file_.get(), bytes, "file"); !written) return written;
  const timespec times[2] = {{0, UTIME_OMIT}, time_of(mtime_ms)};
  // Version 1 of the manifest has no times. A time that the file system does not take is no reason to fail.
  if (mtime_ms != 0) (void)::futimens(file_.get(), times);
  return {};
}

// The folder that the name's last component lies in; made when it is not there.
Result<int> FolderTree::parent_of(const std::string& name) {
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) return root_.get();
  const std::string path = name.substr(0, slash);
  if (const auto known = folders_.find(path); known != folders_.end()) return known->second.get();
  const auto above = parent_of(path);
  if (!above) return above;
  const std::string last = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (::mkdirat(*above, last.c_str(), kFolderMode) != 0 && errno != EEXIST)
    return os_error(errno, "cannot make folder", path);
  FileDescriptor fd(::openat(*above, last.c_str(), kFolderFlags));
  if (fd.get() < 0) {
    if (errno == ENOTDIR || errno == ELOOP) return schema::conflict(path + " is no folder");
    return os_error(errno, "cannot open folder", path);
  }
  if (folders_.size() >= kOpenFolders) folders_.clear();
  return folders_.emplace(path, std::move(fd)).first->second.get();
}

Status FolderTree::give_name(const std::string& name) {
  const auto parent = parent_of(name);
  if (!parent) return parent.error();
  const std::string last = name.substr(name.rfind('/') + 1);
  const int done = temporary_.empty()
                       ? ::linkat(AT_FDCWD, fmt::format("/proc/self/fd/{}", file_.get()).c_str(), *parent,
                                  last.c_str(), AT_SYMLINK_FOLLOW)
                       : ::linkat(root_.get(), temporary_.c_str(), *parent, last.c_str(), 0);
  if (done == 0) return {};
  if (errno == EEXIST) return schema::conflict(name + " is there already");
  return os_error(errno, "cannot name", name);
}

Result<std::uint64_t> FolderTree::free_space() const {
  struct statvfs status {};
  if (::fstatvfs(root_.get(), &status) != 0) return os_error(errno, "cannot look at", "file system");
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Status FolderTree::sync() const {
  if (::syncfs(root_.get()) != 0) return os_error(errno, "cannot sync", "folder");
  return {};
}

}  // namespace fuzzmill::store
