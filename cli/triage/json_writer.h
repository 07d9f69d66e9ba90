// Triage as JSON for programs. Its schema is docs/triage-json.md; kTriageJsonVersion rises when a field
// changes its meaning or goes away, and stays when one is added.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

inline constexpr int kTriageJsonVersion = 1;

// One crash as an object, its group included: as a line of text, or as a value.
std::string crash_text(const TriagedCrash& crash);
nlohmann::ordered_json crash_json(const TriagedCrash& crash);
nlohmann::ordered_json group_json(const TriagedGroup& group);

// {"version", "crashes": [...], "groups": [...]}, a crash a line, written as they come.
class JsonWriter final : public TriageWriter {
 public:
  explicit JsonWriter(std::FILE* out) : out_(out) {}

  schema::Status begin() override;
  std::string prepare(const TriagedCrash& crash) const override;
  schema::Status crash(const TriagedCrash& crash, std::string_view prepared) override;
  schema::Status finish(const std::vector<TriagedGroup>& groups) override;

 private:
  schema::Status write(std::string_view text);

  std::FILE* out_;
  bool first_ = true;
};

}  // namespace fuzzmill::cli
