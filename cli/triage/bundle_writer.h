// Triage as bundles: for each group a folder `<group id>` with what reproduces it: input, report.txt,
// meta.json, repro.sh and repro.gdb.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cli/project_rules.h"
#include "cli/triage/crash.h"
#include "cli/triage/output.h"

namespace fuzzmill::cli {

class BundleWriter final : public TriageWriter {
 public:
  // Writes into `folder`, which outlives it. `command` is the program and its arguments, @@ for the input;
  // empty: what each report names. `rules` are those of the triage and outlive it, too.
  BundleWriter(OutputFolder& folder, std::vector<std::string> command, const ProjectRules& rules);

  schema::Status crash(const TriagedCrash& crash, std::string_view prepared) override;
  schema::Status finish(const std::vector<TriagedGroup>& groups) override;

 private:
  // Of a group, the report that its bundle is about: the first with an input.
  struct Chosen {
    std::string path;
    std::size_t number = 0;
    std::string input;
  };
  schema::Status write(const TriagedGroup& group);

  OutputFolder& folder_;
  std::vector<std::string> command_;
  const ProjectRules& rules_;
  std::unordered_map<std::string, Chosen> chosen_;
};

inline constexpr std::size_t kMaxBundledReport = 4 * 1024 * 1024;   // bytes
inline constexpr std::size_t kMaxBundledInput = 256 * 1024 * 1024;  // bytes; of larger ones the path is told

// The part of the text that the crash was read from, as long as it still reads as the same crash; else all
// of it, or its end.
std::string report_excerpt(const TriagedCrash& crash, const std::string& text,
                           const ProjectRules& rules = {});

}  // namespace fuzzmill::cli
