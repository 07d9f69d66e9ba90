#include "cli/read_views.h"

namespace fuzzmill::cli {

schema::Result<std::vector<NodeView>> read_nodes(store::Redis& redis, std::size_t limit) {
  store::NodeIndex index(redis);
  auto rows = index.nodes(limit);
  if (!rows) return rows.error();
  std::vector<NodeView> nodes;
  for (auto& row : *rows) {
    auto targets = index.targets(row.node);
    if (!targets) return targets.error();
    nodes.push_back({std::move(row), std::move(*targets)});
  }
  return nodes;
}

schema::Result<std::vector<DeadCount>> read_dead_counts(store::Redis& redis) {
  std::vector<DeadCount> dead;
  for (const schema::Topic topic : schema::all_topics()) {
    const auto count = store::dead_letter_count(redis, topic);
    if (!count) return count.error();
    dead.push_back({topic, *count});
  }
  return dead;
}

}  // namespace fuzzmill::cli
