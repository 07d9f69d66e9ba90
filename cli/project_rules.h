// What a project says itself about frames and severities: the options --frame-rules and --severity-rules.
#pragma once

#include <string>
#include <vector>

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

}  // namespace fuzzmill::cli
