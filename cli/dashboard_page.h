// The dashboard's page: HTML without scripts, everything of others escaped. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/views.h"

namespace fuzzmill::cli {

struct PageFacts {
  std::uint64_t now_ms = 0;
  std::string problem;  // of reading; shown on top, with what was read
  std::vector<store::GroupRow> groups;
  bool more_groups = false;
  std::vector<NodeView> nodes;
  std::vector<store::StageState> stages;
  std::vector<DeadCount> dead;
};

inline constexpr int kRefreshSeconds = 5;

std::string page_html(const PageFacts& facts);

// For the header Content-Security-Policy: nothing but the page's own style, named by its hash.
std::string page_policy();

}  // namespace fuzzmill::cli
