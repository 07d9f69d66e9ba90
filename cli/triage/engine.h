// The whole way of a triage without services: files in, crashes and groups out to the writers. Two passes
// on all cores: the first keeps only what grouping needs, the second reads each file again and writes its
// crashes with their groups, because reading twice is cheaper than keeping a hundred thousand reports.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cli/project_rules.h"
#include "cli/triage/collect.h"
#include "cli/triage/crash.h"
#include "schema/result.h"

namespace fuzzmill::cli {

struct TriageCounts {
  std::size_t files = 0;
  std::size_t crashes = 0;
  std::size_t groups = 0;
  std::size_t inputs = 0;               // files that are inputs, not reports
  std::vector<std::string> unreadable;  // "path: why"; the triage goes on
};

struct TriageOptions {
  ProjectRules rules;
  std::size_t jobs = 1;                                         // threads
  std::function<void(std::size_t done, std::size_t all)> tell;  // called now and then, from any thread
};

// An error is a writer's; a file that cannot be read is counted.
schema::Result<TriageCounts> triage(const FileSet& files, const TriageOptions& options,
                                    const std::vector<TriageWriter*>& writers);

// The crashes of one text, without their groups. `rules` live as long as the crashes.
std::vector<TriagedCrash> read_crashes(const std::string& path, std::string_view text,
                                       const ProjectRules& rules = {});

}  // namespace fuzzmill::cli
