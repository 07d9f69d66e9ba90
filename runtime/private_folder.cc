#include "runtime/private_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace fuzzmill::runtime {
namespace {

constexpr int kMaxDepth = 32;  // folders open at once
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// Calls `visit(name)` for each entry; takes the descriptor.
template <class Visit>
bool each_entry(int fd, Visit visit) {
  DIR* folder = ::fdopendir(fd);
  if (folder == nullptr) {
    ::close(fd);
    return false;
  }
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !visit(::dirfd(folder), entry->d_name)) break;
  }
  ::closedir(folder);
  return true;
}

int open_folder(int at, const char* name) {
  int fd = ::openat(at, name, kFolderFlags);
  // Whoever made it may have taken our permissions; owner of it we are all the same.
  if (fd < 0 && errno == EACCES && ::fchmodat(at, name, 0700, 0) == 0) fd = ::openat(at, name, kFolderFlags);
  return fd;
}

class Remover {
 public:
  explicit Remover(int root) : root_(root) {}

  // True when nothing is left below the root.
  bool run() {
    do {
      lifted_ = 0, failed_ = 0;
      const int again = ::openat(root_, ".", kFolderFlags);
      if (again < 0) return false;
      ++round_;
      empty(again, 0);
    } while (lifted_ > 0 && failed_ == 0);
    return failed_ == 0;
  }

 private:
  void empty(int fd, int depth) {
    ::fchmod(fd, 0700);
    const bool read = each_entry(fd, [&](int at, const char* name) {
      if (::unlinkat(at, name, 0) == 0) return true;
      remove_folder_at(at, name, depth);
      return true;
    });
    if (!read) ++failed_;
  }

  void remove_folder_at(int at, const char* name, int depth) {
    if (::unlinkat(at, name, AT_REMOVEDIR) == 0) return;
    const int inner = open_folder(at, name);
    if (inner < 0) {
      ++failed_;
      return;
    }
    if (depth >= kMaxDepth) {
      // Too deep to go on: it becomes a folder of the root, and the next round starts from there.
      ::fchmod(inner, 0700);
      ::close(inner);
      const auto lifted = fmt::format(".lifted-{}-{}", round_, lifted_);
      if (::renameat(at, name, root_, lifted.c_str()) == 0) {
        ++lifted_;
      } else {
        ++failed_;
      }
      return;
    }
    empty(inner, depth + 1);
    // What was lifted out of it is gone from it; whatever else stays was counted.
    if (::unlinkat(at, name, AT_REMOVEDIR) != 0) ++failed_;
  }

  int root_;
  std::uint64_t lifted_ = 0, failed_ = 0, round_ = 0;
};

void measure(int fd, int depth, std::uint64_t max_entries, FolderUse& use) {
  each_entry(fd, [&](int at, const char* name) {
    if (++use.entries > max_entries) return false;
    struct stat info {};
    if (::fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return true;
    use.bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    if (!S_ISDIR(info.st_mode)) return true;
    if (depth >= kMaxDepth) {
      use.entries = max_entries + 1;
      return false;
    }
    const int inner = ::openat(at, name, kFolderFlags);
    if (inner >= 0) measure(inner, depth + 1, max_entries, use);
    if (inner < 0 && errno == EACCES) use.entries = max_entries + 1;  // what is hidden is over every bound
    return use.entries <= max_entries;
  });
}

}  // namespace

schema::Result<PrivateFolder> PrivateFolder::make(const std::filesystem::path& base) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(base, failed);
  if (failed) return schema::not_found(fmt::format("{}: {}", base.string(), failed.message()));
  std::string name = (real / (std::string(kPrivateFolderPrefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    const int number = errno;
    auto message = fmt::format("{}: cannot make a folder: {}", real.string(), std::strerror(number));
    return number == EACCES || number == EPERM || number == EROFS ? schema::denied(std::move(message))
                                                                  : schema::unavailable(std::move(message));
  }
  PrivateFolder folder;
  folder.path_ = std::move(name);
  return folder;
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

PrivateFolder& PrivateFolder::operator=(PrivateFolder&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  return *this;
}

PrivateFolder::~PrivateFolder() { remove(); }

void PrivateFolder::remove() {
  if (!path_.empty()) remove_folder(path_);
  path_.clear();
}

FolderUse measure_folder(const std::filesystem::path& folder, std::uint64_t max_entries) {
  FolderUse use;
  const int fd = ::open(folder.c_str(), kFolderFlags);
  if (fd >= 0) measure(fd, 0, max_entries, use);
  return use;
}

bool remove_folder(const std::filesystem::path& folder) {
  const int root = ::open(folder.c_str(), kFolderFlags);
  if (root < 0) return errno == ENOENT;
  const bool empty = Remover(root).run();
  ::close(root);
  return ::rmdir(folder.c_str()) == 0 && empty;
}

}  // namespace fuzzmill::runtime
