#include "producers/monitor/process_table.h"

#include <algorithm>
#include <unordered_set>

#include "producers/monitor/proc_reader.h"

namespace fuzzmill::producers {

ProcessLook::ProcessLook(std::vector<ProcStat> all, MonitorTime taken) : all_(std::move(all)), taken_(taken) {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    pids_.emplace(all_[i].pid, i);
    children_.emplace(all_[i].parent, i);
    groups_.emplace(all_[i].group, i);
  }
}

ProcTree ProcessLook::tree(pid_t root) const {
  std::vector<std::size_t> open;
  const auto take = [&](const auto& range) {
    for (auto at = range.first; at != range.second; ++at) open.push_back(at->second);
  };
  if (const auto at = pids_.find(root); at != pids_.end()) open.push_back(at->second);
  take(groups_.equal_range(root));
  ProcTree tree;
  std::unordered_set<std::size_t> taken;
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (!taken.insert(at).second) continue;
    tree.push_back(all_[at]);
    take(children_.equal_range(all_[at].pid));
  }
  std::sort(tree.begin(), tree.end(), [](const ProcStat& a, const ProcStat& b) { return a.pid < b.pid; });
  return tree;
}

ProcessTable::ProcessTable(std::filesystem::path proc, std::chrono::milliseconds fresh)
    : proc_(std::move(proc)), fresh_(fresh) {}

std::shared_ptr<const ProcessLook> ProcessTable::look(MonitorTime now) {
  const std::lock_guard lock(mutex_);
  if (!last_ || now - last_->taken() > fresh_) {
    last_ = std::make_shared<const ProcessLook>(read_stats(proc_), now);
    ++looks_;
  }
  return last_;
}

std::uint64_t ProcessTable::looks() const {
  const std::lock_guard lock(mutex_);
  return looks_;
}

}  // namespace fuzzmill::producers
