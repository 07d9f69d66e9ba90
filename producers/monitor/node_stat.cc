#include "producers/monitor/node_stat.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "producers/monitor/small_file.h"

namespace fuzzmill::producers {
namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;

std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::vector<std::uint64_t> numbers_of(std::string_view line) {
  std::vector<std::uint64_t> numbers;
  while (true) {
    const auto start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return numbers;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(line.data() + start, line.data() + line.size(), value);
    if (error != std::errc()) return numbers;
    numbers.push_back(value);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  }
}

bool is_core(std::string_view line) {
  return line.size() > 3 && line.substr(0, 3) == "cpu" && line[3] >= '0' && line[3] <= '9';
}

}  // namespace

std::optional<CpuTimes> parse_cpu_times(std::string_view text) {
  const std::string_view first = next_line(text);
  if (first.substr(0, 4) != "cpu ") return std::nullopt;
  // user nice system idle iowait irq softirq steal; guest times are within user and nice already.
  constexpr std::size_t kIdle = 3, kIoWait = 4, kSteal = 7;
  const auto numbers = numbers_of(first.substr(4));
  if (numbers.size() <= kIdle) return std::nullopt;
  CpuTimes times;
  for (std::size_t i = 0; i < numbers.size() && i <= kSteal; ++i) {
    times.all += numbers[i];
    if (i != kIdle && i != kIoWait) times.busy += numbers[i];
  }
  while (!text.empty()) {
    if (!is_core(next_line(text))) break;
    ++times.cores;
  }
  return times;
}

std::optional<double> busy_percent(const CpuTimes& before, const CpuTimes& after) {
  if (after.all <= before.all || after.busy < before.busy) return std::nullopt;
  const double share =
      static_cast<double>(after.busy - before.busy) / static_cast<double>(after.all - before.all);
  return 100.0 * std::clamp(share, 0.0, 1.0);
}

std::optional<Memory> parse_meminfo(std::string_view text) {
  const auto total = number_after(text, "MemTotal:");
  const auto available = number_after(text, "MemAvailable:");
  if (!total || !available) return std::nullopt;
  return Memory{static_cast<double>(*total - std::min(*total, *available)) / 1024.0,
                static_cast<double>(*total) / 1024.0};
}

std::optional<double> parse_load1(std::string_view text) {
  double load = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), load).ec != std::errc()) return std::nullopt;
  return load;
}

CgroupPaths parse_cgroups(std::string_view text) {
  CgroupPaths paths;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string_view path = line.substr(second + 1);
    // A path that climbs is of a namespace that is not ours to see.
    if (path.find("..") != std::string_view::npos) continue;
    while (!path.empty() && path.front() == '/') path.remove_prefix(1);
    if (controllers.empty()) paths.unified = path;
    if (("," + std::string(controllers) + ",").find(",memory,") != std::string::npos) paths.memory = path;
  }
  return paths;
}

std::optional<std::uint64_t> parse_memory_limit(std::string_view text) {
  const auto number = whole_number(text);
  // Version 1 writes the largest multiple of a page for "none".
  constexpr std::int64_t kNone = std::int64_t{1} << 62;
  if (!number || *number <= 0 || *number >= kNone) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<DiskUse> disk_use(const struct statvfs& info) {
  const auto used = info.f_blocks - std::min(info.f_blocks, info.f_bfree);
  if (info.f_blocks == 0 || used + info.f_bavail == 0) return std::nullopt;
  DiskUse use;
  use.percent = 100.0 * static_cast<double>(used) / static_cast<double>(used + info.f_bavail);
  use.free_mb = static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize) / kMegabyte;
  if (info.f_files > 0) {
    const auto taken = info.f_files - std::min(info.f_files, info.f_ffree);
    use.inode_percent = 100.0 * static_cast<double>(taken) / static_cast<double>(info.f_files);
  }
  return use;
}

std::optional<double> parse_temperature(std::string_view text) {
  const auto thousandths = whole_number(text);
  if (!thousandths || *thousandths <= 0 || *thousandths > 150'000) return std::nullopt;
  return static_cast<double>(*thousandths) / 1000.0;
}

}  // namespace fuzzmill::producers
