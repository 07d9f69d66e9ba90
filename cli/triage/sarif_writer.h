// Triage as SARIF 2.1.0 for code scanning: kinds are rules with their CWE, groups are results. Made when all
// groups are known; a result is written at a time.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

class SarifWriter final : public TriageWriter {
 public:
  // Files below `source_root` (an absolute path without a slash at its end; empty: none) get URIs relative
  // to it, which is what code scanning wants.
  SarifWriter(std::FILE* out, std::string source_root) : out_(out), root_(std::move(source_root)) {}

  schema::Status finish(const std::vector<TriagedGroup>& groups) override;

 private:
  schema::Status write(const std::string& text);

  std::FILE* out_;
  std::string root_;
};

// Of one group; `rule` is the place of its kind among the rules.
nlohmann::ordered_json sarif_result(const TriagedGroup& group, std::size_t rule,
                                    std::string_view source_root);

// 0 to 10 as text, of which code scanning makes its own four levels: the middle of ours.
std::string_view security_severity(schema::Severity severity);

}  // namespace fuzzmill::cli
