#include "producers/corpus/corpus_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "producers/engine/afl_folders.h"
#include "schema/corpus_manifest.h"

namespace fuzzmill::producers {
namespace {

constexpr int kMaxDepth = 32;

class Scan {
 public:
  explicit Scan(const std::function<void(CorpusEntry)>& tell) : tell_(tell) {}

  // Takes the descriptor.
  void folder(int fd, const std::string& prefix, int depth) {
    DIR* entries = ::fdopendir(fd);
    if (entries == nullptr) {
      ::close(fd);
      return;
    }
    while (const dirent* entry = ::readdir(entries)) {
      if (entry->d_name[0] != '.') one(::dirfd(entries), entry->d_name, prefix, depth);
    }
    ::closedir(entries);
  }

  CorpusCount count;

 private:
  void one(int folder_fd, const char* name, const std::string& prefix, int depth) {
    struct stat info {};
    if (::fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;  // the fuzzer removed it
    if (S_ISDIR(info.st_mode) && depth < kMaxDepth) {
      const int fd = ::openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0) folder(fd, prefix + name + "/", depth + 1);
      return;
    }
    if (!S_ISREG(info.st_mode)) return;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    ++count.files;
    count.bytes += size;
    if (prefix.size() + std::char_traits<char>::length(name) > schema::kMaxCorpusNameSize) {
      ++count.unnamed_files;
      count.unnamed_bytes += size;
      return;
    }
    const auto mtime = static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
    tell_({prefix + name, size, mtime, static_cast<std::uint64_t>(info.st_ino)});
  }

  const std::function<void(CorpusEntry)>& tell_;
};

}  // namespace

std::vector<QueueFolder> afl_queues(const std::filesystem::path& output) {
  std::vector<QueueFolder> queues;
  for (const auto& instance : afl_instances(output, folder_lister())) {
    if (instance.name == kImportInstance) continue;
    queues.push_back({instance.queue, instance.name.empty() ? "queue/" : instance.name + "/queue/"});
  }
  return queues;
}

CorpusCount scan_corpus(const CorpusPlace& place, const std::function<void(CorpusEntry)>& tell) {
  Scan scan(tell);
  const auto folders =
      place.afl_output ? afl_queues(place.folder) : std::vector<QueueFolder>{{place.folder, ""}};
  for (const auto& [folder, prefix] : folders) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) scan.folder(fd, prefix, 0);
  }
  return scan.count;
}

}  // namespace fuzzmill::producers
