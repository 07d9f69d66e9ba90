#include "producers/corpus/new_finds.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "producers/corpus/corpus_worth.h"
#include "schema/corpus_manifest.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxFound = 10'000;
constexpr std::int64_t kSettledNs =
    2'000'000'000;  // a folder changed so lately may change at the same time again

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::vector<std::string> NewFinds::look(std::uint64_t unix_ms) {
  std::vector<std::string> found;
  const auto folders =
      place_.afl_output ? afl_queues(place_.folder) : std::vector<QueueFolder>{{place_.folder, ""}};
  for (const auto& folder : folders) {
    struct stat info {};
    if (::stat(folder.folder.c_str(), &info) != 0) continue;
    const auto changed = nanoseconds(info.st_mtim);
    auto& known = changed_[folder.folder.native()];
    if (known == changed) continue;
    read_folder(folder, found);
    known = changed < static_cast<std::int64_t>(unix_ms) * 1'000'000 - kSettledNs ? changed : 0;
  }
  seen_.settle();
  first_ = false;
  return found;
}

void NewFinds::read_folder(const QueueFolder& folder, std::vector<std::string>& found) {
  DIR* entries = ::opendir(folder.folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (entry->d_name[0] == '.' || (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)) continue;
    auto name = folder.prefix + entry->d_name;
    if (seen_.contains(name) || name.size() > schema::kMaxCorpusNameSize) continue;
    seen_.add(name);
    if (place_.afl_output) {
      const auto said = parse_afl_entry(name);
      if (said.imported || said.seed) continue;
    }
    if (first_) {
      struct stat info {};
      if (since_ms_ == 0 || ::fstatat(::dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      if (nanoseconds(info.st_mtim) / 1'000'000 < static_cast<std::int64_t>(since_ms_)) continue;
    }
    if (found.size() < kMaxFound) {
      found.push_back(std::move(name));
    } else {
      ++passed_over_;
    }
  }
  ::closedir(entries);
}

}  // namespace fuzzmill::producers
