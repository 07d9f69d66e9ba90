#include "store/objects/folder_walk.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::size_t kMaxListed = 4'000'000;

struct CloseFolder {
  void operator()(DIR* dir) const { closedir(dir); }
};

Result<FileDescriptor> enter(int folder, const std::string& word, const std::string& name, Missing missing) {
  if (missing == Missing::kMake) {
    const bool made = mkdirat(folder, word.c_str(), 0750) == 0;
    if (!made && errno != EEXIST) return os_error(errno, "cannot make the folder of", name);
    if (made && fsync(folder) != 0) return os_error(errno, "cannot sync the folder of", name);
  }
  FileDescriptor fd(openat(folder, word.c_str(), kFolderFlags));
  if (fd.get() < 0) return os_error(errno, "cannot open the folder of", name);
  return fd;
}

Result<FileDescriptor> again(int folder, std::string_view name) {
  FileDescriptor copy(openat(folder, ".", kFolderFlags));
  if (copy.get() < 0) return os_error(errno, "cannot open folder", name);
  return copy;
}

// Whether a folder's name may lead to a name with the prefix.
bool leads_to(std::string_view folder, std::string_view prefix) {
  const auto shared = std::min(folder.size(), prefix.size());
  return folder.substr(0, shared) == prefix.substr(0, shared);
}

// `path` is the folder's name with a '/' behind it, or empty for the root.
Status walk(const FileDescriptor& folder, const std::string& path, const std::string& prefix,
            std::vector<StoredObject>& out) {
  const int copy = openat(folder.get(), ".", kFolderFlags);
  const std::unique_ptr<DIR, CloseFolder> dir(copy < 0 ? nullptr : fdopendir(copy));
  if (!dir) {
    const int failed = errno;
    if (copy >= 0) close(copy);
    return os_error(failed, "cannot list", path);
  }
  std::vector<std::string> folders;
  errno = 0;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string name = path + entry->d_name;
    struct stat status {};
    if (!valid_object_name(name) || fstatat(folder.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      errno = 0;
      continue;
    }
    if (S_ISDIR(status.st_mode) && leads_to(name + "/", prefix)) folders.push_back(entry->d_name);
    if (!S_ISREG(status.st_mode) || name.compare(0, prefix.size(), prefix) != 0) continue;
    if (out.size() >= kMaxListed)
      return schema::too_large(fmt::format("over {} files below {}", kMaxListed, prefix));
    out.push_back({name, static_cast<std::uint64_t>(status.st_size),
                   static_cast<std::uint64_t>(std::max<time_t>(status.st_mtime, 0))});
  }
  if (errno != 0) return os_error(errno, "cannot list", path);
  for (const std::string& word : folders) {
    const FileDescriptor below(openat(folder.get(), word.c_str(), kFolderFlags));
    if (below.get() < 0 && errno == ENOENT) continue;  // it became empty and went
    if (below.get() < 0) return os_error(errno, "cannot open folder", path + word);
    if (auto walked = walk(below, path + word + "/", prefix, out); !walked) return walked;
  }
  return {};
}

// Whatever its entries are called; `depth` folders deep at most.
Status remove_tree(int folder, const std::string& word, const std::string& name, int depth) {
  if (depth == 0) return schema::too_large(fmt::format("{}: folders within folders without end", name));
  const int copy = openat(folder, word.c_str(), kFolderFlags);
  const std::unique_ptr<DIR, CloseFolder> dir(copy < 0 ? nullptr : fdopendir(copy));
  if (!dir) {
    const int failed = errno;
    if (copy >= 0) close(copy);
    return os_error(failed, "cannot open", name);
  }
  while (const dirent* entry = readdir(dir.get())) {
    const std::string below = entry->d_name;
    if (below == "." || below == "..") continue;
    if (unlinkat(dirfd(dir.get()), below.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) return os_error(errno, "cannot remove", name + "/" + below);
    auto removed = remove_tree(dirfd(dir.get()), below, name, depth - 1);
    if (!removed) return removed;
  }
  if (unlinkat(folder, word.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return os_error(errno, "cannot remove", name);
  }
  return {};
}

}  // namespace

Status rename_folder(int root, const std::string& from, const std::string& to) {
  const auto source = find_place(root, from, Missing::kError);
  if (!source) return source.error();
  const auto target = find_place(root, to, Missing::kMake);
  if (!target) return target.error();
  if (renameat2(source->folder.get(), source->word.c_str(), target->folder.get(), target->word.c_str(),
                RENAME_NOREPLACE) != 0) {
    const int failed = errno;
    remove_empty_folders(root, to);
    return os_error(failed, "cannot rename", fmt::format("{} to {}", from, to));
  }
  if (fsync(target->folder.get()) != 0 || fsync(source->folder.get()) != 0) {
    return os_error(errno, "cannot sync the folder of", to);
  }
  remove_empty_folders(root, from);
  return {};
}

Status remove_folder(int root, const std::string& name) {
  constexpr int kDepth = 16;
  const auto place = find_place(root, name, Missing::kError);
  if (!place && place.error().code == schema::ErrorCode::kNotFound) return {};
  if (!place) return place.error();
  auto removed = remove_tree(place->folder.get(), place->word, name, kDepth);
  if (!removed && removed.error().code != schema::ErrorCode::kNotFound) return removed;
  remove_empty_folders(root, name);
  return {};
}

Result<FolderPlace> find_place(int root, const std::string& name, Missing missing) {
  if (!valid_object_name(name)) return schema::invalid("that is no name of an object");
  auto folder = again(root, name);
  if (!folder) return std::move(folder).error();
  std::size_t begin = 0;
  for (auto end = name.find('/'); end != std::string::npos; end = name.find('/', begin)) {
    folder = enter(folder->get(), name.substr(begin, end - begin), name, missing);
    if (!folder) return std::move(folder).error();
    begin = end + 1;
  }
  return FolderPlace{std::move(*folder), name.substr(begin)};
}

Result<std::vector<StoredObject>> list_folder(int root, const std::string& prefix) {
  auto folder = again(root, prefix);
  if (!folder) return std::move(folder).error();
  std::vector<StoredObject> out;
  if (auto walked = walk(*folder, "", prefix, out); !walked) return std::move(walked).error();
  std::sort(out.begin(), out.end(),
            [](const StoredObject& a, const StoredObject& b) { return a.name < b.name; });
  return out;
}

void remove_empty_folders(int root, const std::string& name) {
  auto end = name.rfind('/');
  while (end != std::string::npos && end > 0) {
    const auto place = find_place(root, name.substr(0, end), Missing::kError);
    if (!place || unlinkat(place->folder.get(), place->word.c_str(), AT_REMOVEDIR) != 0) return;
    end = name.rfind('/', end - 1);
  }
}

}  // namespace fuzzmill::store
