// Triage as issues: a Markdown file for each group, `<group id>.md`, as GitHub takes it. Text of reports
// stands in code only, so that it can mention nobody, refer to nothing, close nothing and make no HTML.
#pragma once

#include <cstdint>
#include <string>

#include "cli/triage/crash.h"
#include "cli/triage/output.h"

namespace fuzzmill::cli {

// A tracker that gets hundreds of issues at once is read by nobody.
inline constexpr std::uint64_t kIssueQuota = 100;

// Writes into `folder`, which outlives it, at most `quota` issues (0: all), of the worst groups; one that is
// there unchanged costs nothing, so that the next run goes on where this one ended.
class IssueWriter final : public TriageWriter {
 public:
  explicit IssueWriter(OutputFolder& folder, std::uint64_t quota = kIssueQuota)
      : folder_(folder), quota_(quota) {}
  schema::Status finish(const std::vector<TriagedGroup>& groups) override;
  std::size_t left() const { return left_; }  // groups that the quota did not reach

 private:
  OutputFolder& folder_;
  std::uint64_t quota_;
  std::size_t left_ = 0;
};

// The whole issue. Its first line is "# title"; a comment in it names the group, so that who files issues
// finds the one that is already there. Pure.
std::string issue_markdown(const TriagedGroup& group);

// What that comment holds: "fuzzmill:group=1f0c…".
std::string issue_mark(const TriagedGroup& group);

}  // namespace fuzzmill::cli
