#include "producers/monitor/cgroup_memory.h"

#include <algorithm>
#include <string>

#include "producers/monitor/small_file.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

constexpr double kMegabyte = 1024.0 * 1024.0;

// The two versions have the same things under other names.
struct Version {
  const char *limit, *usage, *reclaimable, *kills_file;
};
constexpr Version kV2{"memory.max", "memory.current", "inactive_file", "memory.events"};
constexpr Version kV1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
                      "memory.oom_control"};

struct Place {
  fs::path mount, group;  // group: mount, or a folder below it
  const Version* version;
};

// Where the agent's own path is not to be seen, as in a container without a cgroup namespace, the mount is
// its group.
Place place_of(const fs::path& mount, const std::string& path, const Version& version) {
  std::error_code ignored;
  const fs::path group = path.empty() ? mount : mount / path;
  return {mount, fs::is_directory(group, ignored) ? group : mount, &version};
}

std::optional<Place> find_place(const MachineRoots& roots) {
  const auto text = read_small_file(roots.proc / "self/cgroup");
  const CgroupPaths paths = text ? parse_cgroups(*text) : CgroupPaths{};
  const fs::path mount = roots.sys / "fs/cgroup";
  std::error_code ignored;
  if (fs::exists(mount / "cgroup.controllers", ignored)) return place_of(mount, paths.unified, kV2);
  if (fs::is_directory(mount / "memory", ignored)) return place_of(mount / "memory", paths.memory, kV1);
  return std::nullopt;
}

std::optional<std::uint64_t> read_number(const fs::path& path) {
  const auto text = read_small_file(path);
  const auto number = text ? whole_number(*text) : std::nullopt;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

std::optional<Memory> read_cgroup_memory(const MachineRoots& roots) {
  const auto place = find_place(roots);
  if (!place) return std::nullopt;
  const Version& version = *place->version;
  std::optional<std::uint64_t> tightest;
  fs::path holder;
  for (fs::path group = place->group;; group = group.parent_path()) {
    const auto text = read_small_file(group / version.limit);
    const auto limit = text ? parse_memory_limit(*text) : std::nullopt;
    if (limit && (!tightest || *limit < *tightest)) tightest = limit, holder = group;
    if (group == place->mount || !group.has_relative_path()) break;
  }
  if (!tightest) return std::nullopt;
  const auto usage = read_number(holder / version.usage);
  if (!usage) return std::nullopt;
  const auto stat = read_small_file(holder / "memory.stat");
  const auto files = stat ? number_after(*stat, version.reclaimable).value_or(0) : 0;
  return Memory{static_cast<double>(*usage - std::min(*usage, files)) / kMegabyte,
                static_cast<double>(*tightest) / kMegabyte};
}

std::optional<std::uint64_t> read_cgroup_oom_kills(const MachineRoots& roots) {
  const auto place = find_place(roots);
  const auto text = place ? read_small_file(place->group / place->version->kills_file) : std::nullopt;
  return text ? number_after(*text, "oom_kill") : std::nullopt;
}

}  // namespace fuzzmill::producers
