// Watches the machine: each sample() is its use since the last one.
//
// Life cycle: made once an agent. Threads: one at a time. What a machine does not have (a sensor, a counter)
// stays out; nothing here is an error.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "producers/monitor/node_stat.h"
#include "producers/monitor/oom.h"
#include "producers/monitor/process_table.h"
#include "schema/event.h"

namespace fuzzmill::producers {

class NodeMonitor {
 public:
  // `folders`: where the agent and its targets write; each file system counts once, by its fullest.
  explicit NodeMonitor(std::vector<std::filesystem::path> folders, MachineRoots roots = {});

  // Fills the fields of a node: node_cpu_percent (from the second sample on: never since boot), cores, load1,
  // memory (of the container where its limit is below the machine's memory), disk_*, inode_percent,
  // temperature_c, oom_kills. The other fields are the caller's, from a TreeMonitor of the agent itself.
  void fill(schema::ResourceSample& sample);

  void watch_folders(std::vector<std::filesystem::path> folders) { folders_ = std::move(folders); }

 private:
  void fill_cpu(schema::ResourceSample& sample);
  void fill_memory(schema::ResourceSample& sample) const;
  void fill_disks(schema::ResourceSample& sample) const;

  std::vector<std::filesystem::path> folders_;
  MachineRoots roots_;
  std::optional<CpuTimes> cpu_before_;
  OomCounts oom_before_;
};

// The hottest sensor of thermal_zone* and hwmon*; nothing when there is none.
std::optional<double> read_temperature(const std::filesystem::path& sys = "/sys");

// How full the file system of a folder is, or of its nearest parent that exists; nothing when that cannot be
// told.
std::optional<DiskUse> read_disk_use(const std::filesystem::path& folder);

}  // namespace fuzzmill::producers
