#include "store/archive_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <memory>

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::string_view kTemporary = ".tmp-";
constexpr const char* kLockName = ".lock";

bool valid_entry(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name.front() != '.' &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Status check_entry(std::string_view name) {
  if (valid_entry(name)) return {};
  return schema::invalid("that is no name for a file of an archive");
}

Result<std::string> read_all(int fd, std::size_t limit, std::string_view name) {
  std::string bytes;
  char buffer[1 << 16];
  for (off_t at = 0;;) {
    const ssize_t count = pread(fd, buffer, sizeof(buffer), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error(errno, "cannot read", name);
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (bytes.size() > limit) return schema::too_large(fmt::format("{} is over {} bytes", name, limit));
    at += count;
  }
}

std::string temporary_name() {
  static std::atomic<std::uint64_t> next{0};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);  // apart from other machines that write into the same folder
  return fmt::format("{}{}-{}-{}", kTemporary, getpid(), now.tv_nsec, next++);
}

struct CloseFolder {
  void operator()(DIR* dir) const { closedir(dir); }
};

// Every entry but . and .., or an error.
Result<std::vector<std::string>> entries(int fd) {
  const int copy = openat(fd, ".", kFolderFlags);
  if (copy < 0) return os_error(errno, "cannot list", "archive folder");
  const std::unique_ptr<DIR, CloseFolder> dir(fdopendir(copy));
  if (!dir) {
    close(copy);
    return os_error(errno, "cannot list", "archive folder");
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

}  // namespace

Result<ArchiveFolder> ArchiveFolder::open(const std::filesystem::path& root) {
  std::error_code failed;
  std::filesystem::create_directories(root, failed);
  // The root is the operator's choice and may be a link; what lies below it is ours and may not.
  FileDescriptor fd(::open(root.c_str(), kFolderFlags & ~O_NOFOLLOW));
  if (fd.get() < 0) return os_error(errno, "cannot open archive folder", root.string());
  return ArchiveFolder(std::move(fd));
}

Result<ArchiveFolder> ArchiveFolder::enter(const std::string& name) const {
  if (auto fine = check_entry(name); !fine) return std::move(fine).error();
  const bool made = mkdirat(fd_.get(), name.c_str(), 0750) == 0;
  if (!made && errno != EEXIST) return os_error(errno, "cannot make folder", name);
  if (made && fsync(fd_.get()) != 0) return os_error(errno, "cannot sync folder of", name);
  FileDescriptor fd(openat(fd_.get(), name.c_str(), kFolderFlags));
  if (fd.get() < 0) return os_error(errno, "cannot open folder", name);
  return ArchiveFolder(std::move(fd));
}

Status ArchiveFolder::write(const std::string& name, std::string_view bytes, const Verify& verify) const {
  if (auto fine = check_entry(name); !fine) return fine;
  const std::string temporary = temporary_name();
  const FileDescriptor file(
      openat(fd_.get(), temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (file.get() < 0) return os_error(errno, "cannot make", name);
  const auto finish = [&]() -> Status {
    if (auto written = write_whole(file.get(), bytes, name); !written) return written;
    if (fsync(file.get()) != 0) return os_error(errno, "cannot sync", name);
    if (verify) {
      posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);  // read the disk, not our own cache
      const auto back = read_all(file.get(), bytes.size(), name);
      if (!back) return back.error();
      if (auto fine = verify(*back); !fine) return fine;
    }
    if (renameat(fd_.get(), temporary.c_str(), fd_.get(), name.c_str()) != 0) {
      return os_error(errno, "cannot rename to", name);
    }
    return {};
  };
  auto finished = finish();
  if (!finished) {
    unlinkat(fd_.get(), temporary.c_str(), 0);
    return finished;
  }
  if (fsync(fd_.get()) != 0) return os_error(errno, "cannot sync folder of", name);
  return {};
}

Result<std::string> ArchiveFolder::read(const std::string& name, std::size_t limit) const {
  if (auto fine = check_entry(name); !fine) return std::move(fine).error();
  const FileDescriptor file(openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return os_error(errno, "cannot open", name);
  return read_all(file.get(), limit, name);
}

bool ArchiveFolder::has(const std::string& name) const {
  struct stat status {};
  return valid_entry(name) && fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(status.st_mode);
}

Result<std::vector<std::string>> ArchiveFolder::list() const {
  auto names = entries(fd_.get());
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) { return !has(name); });
  std::sort(names->begin(), names->end());
  return names;
}

Status ArchiveFolder::remove(const std::string& name) const {
  if (auto fine = check_entry(name); !fine) return fine;
  if (unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    return os_error(errno, "cannot remove", name);
  return {};
}

void ArchiveFolder::remove_leftovers(std::chrono::seconds age) const {
  const auto names = entries(fd_.get());
  if (!names) return;
  const std::time_t oldest = std::time(nullptr) - age.count();
  for (const std::string& name : *names) {
    struct stat status {};
    if (name.rfind(kTemporary, 0) == 0 &&
        fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mtime <= oldest) {
      unlinkat(fd_.get(), name.c_str(), 0);
    }
  }
}

Result<FileDescriptor> ArchiveFolder::lock() const {
  FileDescriptor file(openat(fd_.get(), kLockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (file.get() < 0) return os_error(errno, "cannot open", kLockName);
  while (flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return os_error(errno, "cannot lock", "archive folder");
  }
  return file;
}

}  // namespace fuzzmill::store
