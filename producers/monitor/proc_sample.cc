#include "producers/monitor/proc_sample.h"

#include <algorithm>
#include <map>
#include <set>

namespace fuzzmill::producers {
namespace {

// A pid is used again; with its start it is not.
using Identity = std::pair<pid_t, std::uint64_t>;
Identity identity(const ProcStat& stat) { return {stat.pid, stat.start_ticks}; }

// The nearest ancestor of a vanished process, as `before` has them, that is still there; null when none is.
const ProcStat* heir(const ProcStat& vanished, const std::map<pid_t, const ProcStat*>& before,
                     const std::map<Identity, const ProcStat*>& after) {
  const ProcStat* at = &vanished;
  for (std::size_t steps = 0; steps <= before.size(); ++steps) {  // pids of two moments could make a circle
    const auto parent = before.find(at->parent);
    if (parent == before.end()) return nullptr;
    at = parent->second;
    if (const auto found = after.find(identity(*at)); found != after.end()) return found->second;
  }
  return nullptr;
}

std::uint64_t growth(std::uint64_t before, std::uint64_t after) {
  return after > before ? after - before : 0;
}

}  // namespace

ProcTree tree_of(const std::vector<ProcStat>& all, pid_t root) {
  std::multimap<pid_t, const ProcStat*> children;
  for (const auto& stat : all) children.emplace(stat.parent, &stat);
  ProcTree tree;
  std::set<pid_t> taken;
  std::vector<const ProcStat*> open;
  for (const auto& stat : all) {
    if (stat.pid == root || stat.group == root) open.push_back(&stat);
  }
  while (!open.empty()) {
    const ProcStat* stat = open.back();
    open.pop_back();
    if (!taken.insert(stat->pid).second) continue;
    tree.push_back(*stat);
    const auto [first, last] = children.equal_range(stat->pid);
    for (auto child = first; child != last; ++child) open.push_back(child->second);
  }
  std::sort(tree.begin(), tree.end(), [](const ProcStat& a, const ProcStat& b) { return a.pid < b.pid; });
  return tree;
}

std::uint64_t ticks_between(const ProcTree& before, const ProcTree& after) {
  std::map<pid_t, const ProcStat*> earlier;
  for (const auto& stat : before) earlier[stat.pid] = &stat;
  std::map<Identity, const ProcStat*> later;
  for (const auto& stat : after) later[identity(stat)] = &stat;

  // What each survivor's children time holds of processes that `before` counted already.
  std::map<Identity, std::uint64_t> inherited;
  for (const auto& stat : before) {
    if (later.count(identity(stat)) != 0) continue;
    if (const ProcStat* to = heir(stat, earlier, later)) {
      inherited[identity(*to)] += stat.own_ticks + stat.children_ticks;
    }
  }
  std::uint64_t ticks = 0;
  for (const auto& stat : after) {
    const auto was = earlier.find(stat.pid);
    if (was == earlier.end() || identity(*was->second) != identity(stat)) {
      ticks += stat.own_ticks + stat.children_ticks;
      continue;
    }
    ticks += growth(was->second->own_ticks, stat.own_ticks);
    ticks += growth(inherited[identity(stat)], growth(was->second->children_ticks, stat.children_ticks));
  }
  return ticks;
}

schema::ResourceSample sample(const ProcTree& before, const ProcTree& after,
                              std::chrono::milliseconds interval, const ProcUnits& units) {
  schema::ResourceSample result;
  result.interval_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(interval.count(), 0));
  if (result.interval_ms > 0 && units.ticks_per_second > 0) {
    const double seconds =
        static_cast<double>(ticks_between(before, after)) / static_cast<double>(units.ticks_per_second);
    result.cpu_percent = 100.0 * seconds / (static_cast<double>(result.interval_ms) / 1000.0);
  }
  std::uint64_t pages = 0;
  for (const auto& stat : after) {
    pages += stat.resident_pages;
    result.threads += stat.threads;
    if (result.states.size() < 1024) result.states.push_back(stat.state);
  }
  result.rss_mb = static_cast<double>(pages) * static_cast<double>(units.page_bytes) / (1024.0 * 1024.0);
  result.processes = after.size();
  return result;
}

}  // namespace fuzzmill::producers
