// What a triage is written as besides the list on the screen: HTML, SARIF, issues, bundles. Life cycle:
// declare() its options, open() before the triage, writers() for it, close() after it went well.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/triage/bundle_writer.h"
#include "cli/triage/html_writer.h"
#include "cli/triage/issue_writer.h"
#include "cli/triage/output.h"
#include "cli/triage/sarif_writer.h"
#include "runtime/options.h"

namespace fuzzmill::cli {

class TriageOutputs {
 public:
  void declare(runtime::Options& options);

  // kInvalid: options that do not go together; kUnavailable: a file cannot be made. `tell` takes what a dry
  // run would write, and at the end what was written.
  schema::Status open(std::uint64_t now_ms, std::FILE* tell, const ProjectRules& rules);
  std::vector<TriageWriter*> writers() const;
  schema::Status close();

 private:
  template <class Writer, class... More>
  schema::Status open_file(const std::string& path, OutputFile& file, More... more);
  void tell_folder(std::string_view what, const std::optional<OutputFolder>& folder) const;

  std::string html_path_, sarif_path_, issues_path_, bundles_path_;
  std::string source_root_, target_;
  std::vector<std::string> command_;
  bool dry_run_ = false;
  std::uint64_t quota_ = kIssueQuota;

  std::FILE* tell_ = nullptr;
  OutputFile html_file_, sarif_file_;
  std::optional<OutputFolder> issues_, bundles_;
  std::vector<std::unique_ptr<TriageWriter>> writers_;
  const IssueWriter* issue_writer_ = nullptr;  // one of them
};

}  // namespace fuzzmill::cli
