// What a project says itself about frames and severities: the options --frame-rules and --severity-rules.
#pragma once

#include <string>
#include <vector>

#include "runtime/options.h"
#include "schema/result.h"
#include "workers/classify/overrides.h"
#include "workers/fingerprint/stack/project_rules.h"

namespace fuzzmill::cli {

struct ProjectRules {
  workers::ProjectRules frames;
  workers::Overrides severities;
};

// Errors name the option and what is wrong with the rule.
schema::Result<ProjectRules> project_rules(const std::vector<std::string>& frames,
                                           const std::vector<std::string>& severities);

// Both options, of commands that read reports or start who does.
class ProjectRuleOptions {
 public:
  void declare(runtime::Options& options);
  schema::Result<ProjectRules> rules() const { return project_rules(frames_, severities_); }
  // The same options for the command line of a child.
  std::vector<std::string> arguments() const;

 private:
  std::vector<std::string> frames_, severities_;
};

}  // namespace fuzzmill::cli
