#include "producers/monitor/tree_monitor.h"

#include <algorithm>

#include "producers/monitor/proc_reader.h"

namespace fuzzmill::producers {
namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;

}  // namespace

TreeMonitor::TreeMonitor(ProcessTable& table, TreeMonitorOptions options)
    : table_(table), options_(options) {}

schema::ResourceSample TreeMonitor::sample(pid_t root, MonitorTime now) {
  const auto look = table_.look(now);
  ProcTree tree = root > 0 ? look->tree(root) : ProcTree{};
  if (options_.alone) std::erase_if(tree, [&](const ProcStat& stat) { return stat.pid != root; });
  for (auto& stat : tree) {
    stat.resident_pages = stat.state == 'Z'  // it has given its memory back
                              ? 0
                              : read_resident_pages(table_.proc(), stat.pid).value_or(stat.resident_pages);
  }
  // Of the look's time, not of now: they differ by what the table calls fresh, and ticks belong to the look.
  const auto interval =
      before_time_ ? std::chrono::duration_cast<std::chrono::milliseconds>(look->taken() - *before_time_)
                   : std::chrono::milliseconds(0);
  if (options_.alone) {
    for (auto& stat : tree) stat.children_ticks = 0;
  }
  auto result = producers::sample(before_, tree, interval, options_.units);
  if (before_time_) ticks_ += ticks_between(before_, tree);
  ask_members(tree, result);
  before_ = std::move(tree);
  before_time_ = look->taken();
  ++samples_;
  return result;
}

void TreeMonitor::ask_members(ProcTree& tree, schema::ResourceSample& sample) {
  const bool read_pss = options_.pss_every > 0 && samples_ % options_.pss_every == 0;
  std::uint64_t zombies = 0, files = 0, pss = 0;
  bool files_known = false, pss_known = false;
  for (const auto& stat : tree) {
    if (stat.state == 'Z') {
      ++zombies;
      continue;
    }
    if (const auto open = read_open_files(table_.proc(), stat.pid)) files += *open, files_known = true;
    if (!read_pss) continue;
    if (const auto bytes = read_proportional_bytes(table_.proc(), stat.pid)) pss += *bytes, pss_known = true;
  }
  sample.zombies = zombies;
  if (files_known) sample.fds = files;
  if (read_pss) {
    pss_mb_.reset();
    if (pss_known) pss_mb_ = static_cast<double>(pss) / kMegabyte;
  }
  if (!tree.empty()) sample.pss_mb = pss_mb_;
}

}  // namespace fuzzmill::producers
