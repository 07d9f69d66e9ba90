// Triage as issues: a Markdown file for each group, `<group id>.md`, as GitHub takes it. Text of reports
// stands in code only, so that it can mention nobody, refer to nothing, close nothing and make no HTML.
#pragma once

#include <string>

#include "cli/triage/crash.h"
#include "cli/triage/output.h"

namespace fuzzmill::cli {

// Writes into `folder`, which outlives it.
class IssueWriter final : public TriageWriter {
 public:
  explicit IssueWriter(OutputFolder& folder) : folder_(folder) {}
  schema::Status finish(const std::vector<TriagedGroup>& groups) override;

 private:
  OutputFolder& folder_;
};

// The whole issue. Its first line is "# title"; a comment in it names the group, so that who files issues
// finds the one that is already there. Pure.
std::string issue_markdown(const TriagedGroup& group);

// What that comment holds: "fuzzmill:group=1f0c…".
std::string issue_mark(const TriagedGroup& group);

}  // namespace fuzzmill::cli
