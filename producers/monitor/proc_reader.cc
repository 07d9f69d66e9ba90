#include "producers/monitor/proc_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "producers/monitor/small_file.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostOpenFiles = 65'536;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

bool is_number(const char* name) { return *name != '\0' && name[std::strspn(name, "0123456789")] == '\0'; }

fs::path file_of(const fs::path& proc, pid_t pid, const char* name) {
  return proc / std::to_string(pid) / name;
}

}  // namespace

std::vector<ProcStat> read_stats(const fs::path& proc) {
  std::vector<ProcStat> all;
  const Folder folder(::opendir(proc.c_str()));
  if (!folder) return all;
  std::string name;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (!is_number(entry->d_name)) continue;
    name.assign(entry->d_name).append("/stat");
    const auto text = read_small_file_at(::dirfd(folder.get()), name.c_str());
    if (!text) continue;
    if (auto stat = parse_stat(*text)) all.push_back(std::move(*stat));
  }
  return all;
}

std::vector<ProcStat> read_processes(const fs::path& proc) {
  auto all = read_stats(proc);
  for (auto& stat : all) {
    stat.resident_pages = read_resident_pages(proc, stat.pid).value_or(stat.resident_pages);
  }
  return all;
}

std::optional<std::uint64_t> read_resident_pages(const fs::path& proc, pid_t pid) {
  const auto text = read_small_file(file_of(proc, pid, "statm"));
  return text ? parse_statm_resident(*text) : std::nullopt;
}

std::optional<std::uint64_t> read_open_files(const fs::path& proc, pid_t pid) {
  const fs::path path = file_of(proc, pid, "fd");
  // Since Linux 6.2 the folder's size is their number.
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && info.st_size > 0 && proc == "/proc") {
    return std::min(static_cast<std::uint64_t>(info.st_size), kMostOpenFiles);
  }
  const Folder folder(::opendir(path.c_str()));
  if (!folder) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.' && ++count >= kMostOpenFiles) break;
  }
  return count;
}

std::optional<std::uint64_t> read_proportional_bytes(const fs::path& proc, pid_t pid) {
  const auto text = read_small_file(file_of(proc, pid, "smaps_rollup"));
  const auto kilobytes = text ? number_after(*text, "Pss:") : std::nullopt;
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

ProcUnits proc_units() {
  ProcUnits units;
  if (const long ticks = ::sysconf(_SC_CLK_TCK); ticks > 0)
    units.ticks_per_second = static_cast<std::uint64_t>(ticks);
  if (const long page = ::sysconf(_SC_PAGESIZE); page > 0)
    units.page_bytes = static_cast<std::uint64_t>(page);
  return units;
}

}  // namespace fuzzmill::producers
