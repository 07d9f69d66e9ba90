// Triage as one HTML file for people: no network, no fonts or scripts of others. The groups stand in the page
// as JSON, and the page's own script draws what is looked at, so that ten thousand groups stay quick.
// Everything of a report is text to the script and never markup, and the page's policy allows no style or
// script but the two it was made with.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

class HtmlWriter final : public TriageWriter {
 public:
  // `now_ms` is when the triage was made, Unix time.
  HtmlWriter(std::FILE* out, std::uint64_t now_ms) : out_(out), now_ms_(now_ms) {}

  schema::Status finish(const std::vector<TriagedGroup>& groups) override;

 private:
  schema::Status write(const std::string& text);

  std::FILE* out_;
  std::uint64_t now_ms_;
};

// The script's style and code (html_look.cc), for the page and for tests.
std::string_view html_style();
std::string_view html_script();

// For the meta element Content-Security-Policy.
std::string html_policy();

}  // namespace fuzzmill::cli
