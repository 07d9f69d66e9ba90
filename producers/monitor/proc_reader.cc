#include "producers/monitor/proc_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace fuzzmill::producers {
namespace {

// Both files fit: the name is at most 64 bytes, the rest are numbers.
std::optional<std::string> read_small(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  if (got <= 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::vector<ProcStat> read_processes(const std::filesystem::path& proc) {
  std::vector<ProcStat> all;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(proc, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (!is_number(entry->path().filename().string())) continue;
    const auto text = read_small(entry->path() / "stat");
    auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat) continue;
    if (const auto statm = read_small(entry->path() / "statm")) {
      stat->resident_pages = parse_statm_resident(*statm).value_or(stat->resident_pages);
    }
    all.push_back(std::move(*stat));
  }
  return all;
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
