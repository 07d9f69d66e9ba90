// What /proc, /sys and the cgroups say of the machine: pure parsing of their texts; node_monitor.h fetches
// them. Nothing where a text is cut or of another shape.
#pragma once

#include <sys/statvfs.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

// The first line of /proc/stat: processor time since boot, so only a difference means anything.
struct CpuTimes {
  std::uint64_t busy = 0, all = 0;  // clock ticks of all cores together
  std::uint64_t cores = 0;
};
std::optional<CpuTimes> parse_cpu_times(std::string_view proc_stat);
// In percent of all cores; nothing when no time passed or the counters fell (they may: iowait, hot-unplug).
std::optional<double> busy_percent(const CpuTimes& before, const CpuTimes& after);

struct Memory {
  double used_mb = 0, total_mb = 0;  // 1,048,576 bytes
};
// Used is what is not available: caches that the kernel gives back do not count.
std::optional<Memory> parse_meminfo(std::string_view meminfo);

std::optional<double> parse_load1(std::string_view loadavg);

// Where a process stands among the cgroups: of version 2 the path of the line "0::PATH", of version 1 that of
// the controller memory. Nothing is the root.
struct CgroupPaths {
  std::string unified, memory;
};
CgroupPaths parse_cgroups(std::string_view proc_self_cgroup);

// A limit as a cgroup has it: nothing for "max" and for version 1's numbers that mean none.
std::optional<std::uint64_t> parse_memory_limit(std::string_view text);

struct DiskUse {
  double percent = 0, free_mb = 0;      // as df: of what a user who is not root may have
  std::optional<double> inode_percent;  // nothing where the file system has no fixed number of them
};
std::optional<DiskUse> disk_use(const struct statvfs& info);

// Of a sensor's text in thousandths of a degree Celsius; nothing below 0 or above 150: a sensor that is
// broken or absent.
std::optional<double> parse_temperature(std::string_view text);

}  // namespace fuzzmill::producers
