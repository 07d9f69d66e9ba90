#include "cli/project_rules.h"

#include <utility>

namespace fuzzmill::cli {

schema::Result<ProjectRules> project_rules(const std::vector<std::string>& frames,
                                           const std::vector<std::string>& severities) {
  auto of_frames = workers::ProjectRules::parse(frames);
  if (!of_frames) return std::move(of_frames).error().in("--frame-rules");
  auto of_severities = workers::Overrides::parse(severities);
  if (!of_severities) return std::move(of_severities).error().in("--severity-rules");
  return ProjectRules{std::move(*of_frames), std::move(*of_severities)};
}

void ProjectRuleOptions::declare(runtime::Options& options) {
  options.list("frame-rules", frames_, "RULE",
               "frames of yours that say nothing, such as 'path third_party/log'");
  options.list("severity-rules", severities_, "RULE",
               "severities in your own words, such as 'memory-leak = MEDIUM'");
}

std::vector<std::string> ProjectRuleOptions::arguments() const {
  std::vector<std::string> argv;
  for (const std::string& rule : frames_) argv.insert(argv.end(), {"--frame-rules", rule});
  for (const std::string& rule : severities_) argv.insert(argv.end(), {"--severity-rules", rule});
  return argv;
}

}  // namespace fuzzmill::cli
