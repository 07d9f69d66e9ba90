#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "store/archive/folder_tree.h"
#include "store/archive/restore.h"
#include "store/archive/sha256_stream.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::size_t kMaxDepth = 128;
constexpr std::uint64_t kProgressFiles = 256;

struct CloseFolder {
  void operator()(DIR* dir) const { closedir(dir); }
};

class Look {
 public:
  explicit Look(const Progress& progress) : progress_(progress), buffer_(128 * 1024, '\0') {}

  Status folder(const FileDescriptor& fd, const std::string& path, std::size_t depth) {
    if (depth > kMaxDepth) return schema::invalid(path + " lies too deep");
    const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return os_error(errno, "cannot list", path);
    const std::unique_ptr<DIR, CloseFolder> dir(::fdopendir(copy));
    if (!dir) return ::close(copy), os_error(errno, "cannot list", path);
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || name.substr(0, kTemporaryPrefix.size()) == kTemporaryPrefix)
        continue;
      if (auto looked = one(fd.get(), entry->d_name, path + entry->d_name, depth); !looked) return looked;
    }
    return {};
  }

  Present take() {
    std::sort(present_.contents.begin(), present_.contents.end());
    std::sort(present_.names.begin(), present_.names.end());
    if (progress_) progress_(files_, bytes_);
    return std::move(present_);
  }

 private:
  Status one(int folder_fd, const char* name, const std::string& path, std::size_t depth) {
    struct stat status {};
    if (::fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return errno == ENOENT ? Status() : os_error(errno, "cannot look at", path);
    }
    if (S_ISDIR(status.st_mode)) {
      const FileDescriptor fd(::openat(folder_fd, name, kFolderFlags));
      if (fd.get() < 0) return errno == ENOENT ? Status() : os_error(errno, "cannot open folder", path);
      present_.names.push_back(path + "/");
      return folder(fd, path + "/", depth + 1);
    }
    present_.names.push_back(path);
    return S_ISREG(status.st_mode) ? file(folder_fd, name, path) : Status();
  }

  // A fuzzer may take it away meanwhile.
  Status file(int folder_fd, const char* name, const std::string& path) {
    const FileDescriptor fd(::openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0) return errno == ENOENT ? Status() : os_error(errno, "cannot open", path);
    Sha256Stream hash;
    while (true) {
      const ssize_t count = ::read(fd.get(), buffer_.data(), buffer_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return os_error(errno, "cannot read", path);
      if (count == 0) break;
      hash.add(std::string_view(buffer_).substr(0, static_cast<std::size_t>(count)));
      bytes_ += static_cast<std::uint64_t>(count);
    }
    present_.contents.push_back(hash.finish());
    if (++files_ % kProgressFiles == 0 && progress_) progress_(files_, bytes_);
    return {};
  }

  const Progress& progress_;
  std::string buffer_;
  Present present_;
  std::uint64_t files_ = 0, bytes_ = 0;
};

}  // namespace

Result<Present> look_at(const std::filesystem::path& folder, const Progress& progress) {
  const FileDescriptor fd(::open(folder.c_str(), kFolderFlags & ~O_NOFOLLOW));
  if (fd.get() < 0) return os_error(errno, "cannot open folder", folder.string());
  Look look(progress);
  if (auto looked = look.folder(fd, "", 0); !looked) return std::move(looked).error().in(folder.string());
  return look.take();
}

}  // namespace fuzzmill::store
