#include "store/objects/folder_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "store/objects/folder_walk.h"
#include "store/objects/scratch_folder.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr const char* kScratch = ".scratch";
constexpr int kPublishTries = 8;  // another's remove() may take an empty folder away under us
constexpr std::size_t kCopySize = 256 * 1024;

std::string temporary_name() {
  static std::atomic<std::uint64_t> next{0};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);  // apart from other machines that write into the same folder
  return fmt::format("put-{}-{}-{}", getpid(), now.tv_nsec, next++);
}

Result<FileDescriptor> open_regular(int folder, const char* word, std::string_view name) {
  FileDescriptor file(openat(folder, word, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return os_error(errno, "cannot open", name);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return os_error(errno, "cannot read", name);
  if (S_ISDIR(status.st_mode)) return schema::not_found(fmt::format("{} is a folder, no object", name));
  if (!S_ISREG(status.st_mode)) return schema::denied(fmt::format("{} is no regular file", name));
  return file;
}

Status copy(int from, int to, const std::string& name) {
  std::string buffer(kCopySize, '\0');
  while (true) {
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "cannot read what becomes", name);
    if (got == 0) return {};
    if (auto written = write_whole(to, {buffer.data(), static_cast<std::size_t>(got)}, name); !written)
      return written;
  }
}

// A file that is removed again unless it was published.
class Scratch {
 public:
  explicit Scratch(int folder)
      : folder_(folder),
        name_(temporary_name()),
        file_(openat(folder, name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640)) {}
  ~Scratch() {
    if (file_.get() >= 0) unlinkat(folder_, name_.c_str(), 0);  // gone already when it was published
  }
  int fd() const { return file_.get(); }
  const std::string& name() const { return name_; }

 private:
  int folder_;
  std::string name_;
  FileDescriptor file_;
};

class FileSourceOfFolder : public ByteSource {
 public:
  FileSourceOfFolder(FileDescriptor file, std::string name)
      : file_(std::move(file)), name_(std::move(name)) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    while (true) {
      const ssize_t got = ::read(file_.get(), out, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return os_error(errno, "cannot read", name_);
    }
  }

 private:
  FileDescriptor file_;
  std::string name_;
};

Status sync_folder(const FolderPlace& place, const std::string& name) {
  if (fsync(place.folder.get()) == 0) return {};
  return os_error(errno, "cannot sync the folder of", name);
}

// rename() that never replaces, also where the file system has no renameat2() for it (NFS).
int rename_new(const FolderPlace& from, const FolderPlace& to) {
  const int renamed =
      renameat2(from.folder.get(), from.word.c_str(), to.folder.get(), to.word.c_str(), RENAME_NOREPLACE);
  if (renamed == 0 || (errno != EINVAL && errno != ENOSYS)) return renamed;
  if (linkat(from.folder.get(), from.word.c_str(), to.folder.get(), to.word.c_str(), 0) != 0) return -1;
  return unlinkat(from.folder.get(), from.word.c_str(), 0);
}

}  // namespace

Result<std::unique_ptr<FolderStore>> FolderStore::at(const std::filesystem::path& root) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(root, failed).lexically_normal();
  std::filesystem::create_directories(absolute, failed);
  // The root is the operator's choice and may be a link; what lies below it is ours and may not.
  FileDescriptor fd(::open(absolute.c_str(), kFolderFlags & ~O_NOFOLLOW));
  if (fd.get() < 0) return os_error(errno, "cannot open the archive folder", absolute.string());
  if (mkdirat(fd.get(), kScratch, 0750) != 0 && errno != EEXIST) {
    return os_error(errno, "cannot write into the archive folder", absolute.string());
  }
  FileDescriptor scratch(openat(fd.get(), kScratch, kFolderFlags));
  if (scratch.get() < 0) return os_error(errno, "cannot open", (absolute / kScratch).string());
  std::unique_ptr<FolderStore> store(new FolderStore(absolute, std::move(fd), std::move(scratch)));
  store->remove_leftovers(kLeftoverAge);
  return store;
}

std::filesystem::path FolderStore::scratch() const { return root_ / kScratch; }

Status FolderStore::publish(const std::string& temporary, const std::string& name) const {
  for (int tries = 1;; ++tries) {
    const auto place = find_place(fd_.get(), name, Missing::kMake);
    if (!place && place.error().code == schema::ErrorCode::kNotFound && tries < kPublishTries) continue;
    if (!place) return place.error();
    if (renameat(scratch_.get(), temporary.c_str(), place->folder.get(), place->word.c_str()) == 0) {
      return sync_folder(*place, name);
    }
    if (errno != ENOENT || tries >= kPublishTries) return os_error(errno, "cannot name", name);
  }
}

Status FolderStore::put(const std::string& name, std::string_view bytes) {
  if (!valid_object_name(name)) return schema::invalid("that is no name of an object");
  const Scratch file(scratch_.get());
  if (file.fd() < 0) return os_error(errno, "cannot make", name);
  if (auto written = write_whole(file.fd(), bytes, name); !written) return written;
  if (fsync(file.fd()) != 0) return os_error(errno, "cannot sync", name);
  return publish(file.name(), name);
}

Status FolderStore::put_file(const std::string& name, const std::filesystem::path& file) {
  if (!valid_object_name(name)) return schema::invalid("that is no name of an object");
  const auto source = open_regular(AT_FDCWD, file.c_str(), file.string());
  if (!source) return source.error();
  if (fsync(source->get()) != 0) return os_error(errno, "cannot sync", file.string());
  // Into .scratch first: from there it is the same few steps as for put().
  const std::string temporary = temporary_name();
  if (renameat(AT_FDCWD, file.c_str(), scratch_.get(), temporary.c_str()) == 0) {
    auto published = publish(temporary, name);
    // Back to its owner, who may try again; where that fails it is swept one day.
    if (!published) static_cast<void>(renameat(scratch_.get(), temporary.c_str(), AT_FDCWD, file.c_str()));
    return published;
  }
  if (errno != EXDEV) return os_error(errno, "cannot move", file.string());
  const Scratch target(scratch_.get());
  if (target.fd() < 0) return os_error(errno, "cannot make", name);
  if (auto copied = copy(source->get(), target.fd(), name); !copied) return copied;
  if (fsync(target.fd()) != 0) return os_error(errno, "cannot sync", name);
  if (auto published = publish(target.name(), name); !published) return published;
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return {};
}

Result<std::unique_ptr<ByteSource>> FolderStore::open(const std::string& name) {
  const auto place = find_place(fd_.get(), name, Missing::kError);
  if (!place) return place.error();
  auto file = open_regular(place->folder.get(), place->word.c_str(), name);
  if (!file) return std::move(file).error();
  posix_fadvise(file->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ByteSource>(std::make_unique<FileSourceOfFolder>(std::move(*file), name));
}

Result<StoredObject> FolderStore::stat(const std::string& name) {
  const auto place = find_place(fd_.get(), name, Missing::kError);
  if (!place) return place.error();
  struct stat status {};
  if (fstatat(place->folder.get(), place->word.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return os_error(errno, "no object", name);
  }
  if (S_ISDIR(status.st_mode)) return schema::not_found(fmt::format("{} is a folder, no object", name));
  if (!S_ISREG(status.st_mode)) return schema::denied(fmt::format("{} is no regular file", name));
  return StoredObject{name, static_cast<std::uint64_t>(status.st_size),
                      static_cast<std::uint64_t>(std::max<time_t>(status.st_mtime, 0))};
}

Result<std::vector<StoredObject>> FolderStore::list(const std::string& prefix) {
  return list_folder(fd_.get(), prefix);
}

Status FolderStore::rename(const std::string& from, const std::string& to) {
  for (int tries = 1;; ++tries) {
    const auto source = find_place(fd_.get(), from, Missing::kError);
    if (!source) return source.error();
    if (auto there = stat(from); !there) return std::move(there).error();
    const auto target = find_place(fd_.get(), to, Missing::kMake);
    if (!target && target.error().code == schema::ErrorCode::kNotFound && tries < kPublishTries) continue;
    if (!target) return target.error();
    if (rename_new(*source, *target) == 0) {
      if (auto synced = sync_folder(*target, to); !synced) return synced;
      if (auto synced = sync_folder(*source, from); !synced) return synced;
      remove_empty_folders(fd_.get(), from);
      return {};
    }
    if (errno != ENOENT || tries >= kPublishTries) return os_error(errno, "cannot rename to", to);
  }
}

Status FolderStore::remove(const std::string& name) {
  const auto place = find_place(fd_.get(), name, Missing::kError);
  if (!place && place.error().code == schema::ErrorCode::kNotFound) return {};
  if (!place) return place.error();
  if (unlinkat(place->folder.get(), place->word.c_str(), 0) != 0) {
    if (errno != ENOENT) return os_error(errno, "cannot remove", name);
  } else if (auto synced = sync_folder(*place, name); !synced) {
    return synced;
  }
  remove_empty_folders(fd_.get(), name);
  return {};
}

void FolderStore::remove_leftovers(std::chrono::seconds age) const { sweep_folder(scratch_.get(), age); }

}  // namespace fuzzmill::store
