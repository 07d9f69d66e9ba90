#include "producers/monitor/node_monitor.h"

#include <algorithm>
#include <string>

#include "producers/monitor/cgroup_memory.h"
#include "producers/monitor/small_file.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSensors = 256;
constexpr std::size_t kMostStat = 1u << 20;  // bytes of /proc/stat: a line a core, then a long one

bool begins(const std::string& name, std::string_view with) {
  return name.compare(0, with.size(), with) == 0;
}

template <class F>
void for_each_in(const fs::path& folder, std::string_view prefix, F&& f) {
  std::error_code failed;
  std::size_t count = 0;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (begins(name, prefix) && ++count <= kMostSensors) f(entry->path(), name);
  }
}

}  // namespace

NodeMonitor::NodeMonitor(std::vector<fs::path> folders, MachineRoots roots)
    : folders_(std::move(folders)), roots_(std::move(roots)), oom_before_(read_oom_counts(roots_)) {
  if (const auto text = read_small_file(roots_.proc / "stat", kMostStat))
    cpu_before_ = parse_cpu_times(*text);
}

void NodeMonitor::fill(schema::ResourceSample& sample) {
  fill_cpu(sample);
  fill_memory(sample);
  fill_disks(sample);
  if (const auto text = read_small_file(roots_.proc / "loadavg")) sample.load1 = parse_load1(*text);
  sample.temperature_c = read_temperature(roots_.sys);
  const OomCounts oom = read_oom_counts(roots_);
  if (oom.machine || oom.cgroup) sample.oom_kills = oom_kills_between(oom_before_, oom);
  oom_before_ = oom;
}

void NodeMonitor::fill_cpu(schema::ResourceSample& sample) {
  const auto text = read_small_file(roots_.proc / "stat", kMostStat);
  const auto now = text ? parse_cpu_times(*text) : std::nullopt;
  if (!now) return;
  if (now->cores > 0) sample.cores = now->cores;
  if (cpu_before_) sample.node_cpu_percent = busy_percent(*cpu_before_, *now);
  cpu_before_ = now;
}

void NodeMonitor::fill_memory(schema::ResourceSample& sample) const {
  const auto text = read_small_file(roots_.proc / "meminfo");
  const auto machine = text ? parse_meminfo(*text) : std::nullopt;
  const auto limited = read_cgroup_memory(roots_);
  const bool tighter = limited && (!machine || limited->total_mb < machine->total_mb);
  if (!tighter && !machine) return;
  const Memory& memory = tighter ? *limited : *machine;
  sample.node_memory_mb = memory.used_mb;
  sample.node_memory_total_mb = memory.total_mb;
}

void NodeMonitor::fill_disks(schema::ResourceSample& sample) const {
  for (const auto& folder : folders_) {
    const auto use = read_disk_use(folder);
    if (!use) continue;
    if (!sample.disk_percent || use->percent > *sample.disk_percent) {
      sample.disk_percent = use->percent;
      sample.disk_free_mb = use->free_mb;
      sample.disk_path = folder.string().substr(0, 256);
    }
    if (use->inode_percent) {
      sample.inode_percent = std::max(sample.inode_percent.value_or(0), *use->inode_percent);
    }
  }
}

std::optional<double> read_temperature(const fs::path& sys) {
  std::optional<double> hottest;
  const auto take = [&](const fs::path& file) {
    const auto text = read_small_file(file, 64);
    const auto degrees = text ? parse_temperature(*text) : std::nullopt;
    if (degrees) hottest = std::max(hottest.value_or(*degrees), *degrees);
  };
  for_each_in(sys / "class/thermal", "thermal_zone",
              [&](const fs::path& zone, const std::string&) { take(zone / "temp"); });
  for_each_in(sys / "class/hwmon", "hwmon", [&](const fs::path& chip, const std::string&) {
    for_each_in(chip, "temp", [&](const fs::path& file, const std::string& name) {
      if (name.size() > 6 && name.compare(name.size() - 6, 6, "_input") == 0) take(file);
    });
  });
  return hottest;
}

std::optional<DiskUse> read_disk_use(const fs::path& folder) {
  struct statvfs info {};
  for (fs::path at = folder.empty() ? fs::path(".") : folder;; at = at.parent_path()) {
    if (::statvfs(at.c_str(), &info) == 0) return disk_use(info);
    if (!at.has_relative_path()) return std::nullopt;
  }
}

}  // namespace fuzzmill::producers
