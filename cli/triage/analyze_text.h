// One crash in full, as lines for a person. Everything of a report is made printable. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

struct AnalyzeLook {
  bool colour = false;  // dropped frames dimmed, the severity in its colour
};

// Title, severity with its reasons, facts, the stack with the rule that dropped each frame, the other
// stacks, the signatures of every grain, the input.
std::string analyze_text(const TriagedCrash& crash, const AnalyzeLook& look);

// Which reports a file has, a line each, the one it is about marked. Empty for a single one.
std::string reports_text(const std::vector<TriagedCrash>& crashes, const AnalyzeLook& look);

}  // namespace fuzzmill::cli
