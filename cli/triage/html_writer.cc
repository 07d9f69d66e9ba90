#include "cli/triage/html_writer.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "cli/show.h"
#include "cli/triage/crash_text.h"
#include "cli/triage/escape.h"
#include "runtime/printable.h"
#include "runtime/version.h"

namespace fuzzmill::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxFrames = 64;          // of one stack in the page
constexpr std::size_t kMaxOtherFrames = 16;     // of one that freed or allocated
constexpr std::size_t kMaxPaths = 100;          // members, and inputs, of one group
constexpr std::size_t kMaxText = 600;           // bytes of one text
constexpr std::size_t kMaxWithoutScript = 300;  // groups in the table for readers without a script

Json shown(std::string_view text) { return runtime::printable(text, kMaxText); }

// Bytes that are not UTF-8 were made visible before; what is left to replace is a text cut in a character.
std::string line_of(const Json& json) {
  return json_in_html(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Function and file names repeat from group to group: the page holds each once.
class Strings {
 public:
  std::size_t number(std::string_view text) {
    const auto [at, added] = numbers_.try_emplace(runtime::printable(text, kMaxText), list_.size());
    if (added) list_.push_back(at->first);
    return at->second;
  }
  Json frame(const workers::Frame& frame, int state, std::string_view rule) {
    return {number(function_of(frame)), number(frame.function.empty() ? "" : place_of(frame)), state,
            rule.empty() ? Json(-1) : Json(number(rule))};
  }
  const Json& list() const { return list_; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  Json list_ = Json::array();
};

Json paths_json(const std::vector<std::string>& paths) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(paths.size(), kMaxPaths); ++i) list.push_back(shown(paths[i]));
  return list;
}

Json texts_json(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(shown(text));
  return list;
}

Json stacks_json(const TriagedCrash& crash, Strings& strings) {
  Json fault = Json::array();
  for (const ShownFrame& one : shown_frames(crash)) {
    if (fault.size() == kMaxFrames) break;
    fault.push_back(strings.frame(*one.frame, one.counts ? 1 : 0, one.rule));
  }
  const std::size_t all = crash.print.report.frames.size();
  Json stacks = Json::array({{{"title", "Where it went wrong"}, {"all", all}, {"frames", std::move(fault)}}});
  for (const OtherStack& other : other_stacks(crash)) {
    Json frames = Json::array();
    for (const workers::Frame& frame : *other.frames) {
      if (frames.size() == kMaxOtherFrames) break;
      frames.push_back(strings.frame(frame, 2, {}));
    }
    stacks.push_back({{"title", other.title}, {"all", other.frames->size()}, {"frames", std::move(frames)}});
  }
  return stacks;
}

// What is shown of a group once it is opened.
Json detail_json(const TriagedGroup& group, Strings& strings) {
  const TriagedCrash& crash = group.representative;
  Json facts = Json::array();
  for (const Fact& fact : crash_facts(crash)) facts.push_back({fact.name, shown(fact.text)});
  Json signatures = Json::array();
  for (const auto& [grain, digits] : crash.print.signatures.named())
    signatures.push_back({grain, shown(digits)});
  return {{"reasons", texts_json(crash.verdict.reasons)},
          {"facts", std::move(facts)},
          {"stacks", stacks_json(crash, strings)},
          {"together", texts_json(group.reasons)},
          {"report", shown(crash.path)},
          {"input", shown(crash.input)},
          {"members", paths_json(group.members)},
          {"memberCount", group.members.size()},
          {"inputs", paths_json(group.inputs)},
          {"inputCount", group.inputs.size()},
          {"signatures", std::move(signatures)},
          {"reproduce", reproduce_text(group)}};
}

// What is shown of a group in the list, and what the search looks at.
Json row_json(const TriagedGroup& group) {
  const TriagedCrash& crash = group.representative;
  const workers::Frame* site = site_of(crash);
  std::string words;
  for (const std::string& name : crash.print.stack.names()) {
    if (words.size() > kMaxText) break;
    words += name + " ";
  }
  for (const std::string& cwe : crash.verdict.cwe) words += cwe + " ";
  words += crash.path + " " + crash.print.report.message;
  Json kinds = Json::array();
  for (const std::string& kind : group.kinds) kinds.push_back(shown(kind));
  return {shown(group.id),
          static_cast<int>(group.severity),
          group.security ? 1 : 0,
          std::move(kinds),
          shown(crash.verdict.title),
          group.crashes,
          group.members.size(),
          shown(site == nullptr ? "" : place_of(*site)),
          shown(words)};
}

std::string head_html() {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"generator\" content=\"fuzzmill {}\">\n"
      "<title>fuzzmill triage</title>\n<style>{}</style></head>\n",
      html_policy(), runtime::kVersion, html_style());
}

// The frame of the page: the script fills what has an id.
std::string body_html(std::size_t groups, std::size_t crashes, std::uint64_t now_ms) {
  return fmt::format(
      R"(<body><a class="skip" href="#list">Skip to the groups</a>
<header><div><h1>Triage</h1><p class="dim">{} in {} · {} UTC · fuzzmill {}</p></div>
<button id="theme" type="button" title="Light, dark, or as the system has it" hidden>Theme</button></header>
<form id="tools" role="search" hidden><fieldset id="severities"><legend>Severity</legend></fieldset>
<label class="search"><span>Search</span><input id="search" type="search" autocomplete="off" spellcheck="false"
 placeholder="function, file, kind, id …"></label>
<label><span>Kind</span><select id="kind"></select></label>
<label><span>Order</span><select id="order"><option value="severity">worst first</option>
<option value="crashes">most crashes</option><option value="title">by title</option></select></label>
<label class="check"><input id="security" type="checkbox"> <span>security only</span></label></form>
<p id="status" role="status" aria-live="polite" class="dim"></p>
<main id="list" tabindex="-1"></main>
<p class="more"><button id="more" type="button" hidden>Show more</button></p>
)",
      count_text(crashes, "crash", "crashes"), count_text(groups, "group", "groups"), time_text(now_ms),
      runtime::kVersion);
}

std::string without_script_html(const std::vector<TriagedGroup>& groups) {
  std::string out =
      "<noscript><p>Your browser runs no scripts here: this is the list alone.</p><table><thead><tr>"
      "<th scope=\"col\">Group</th><th scope=\"col\">Severity</th><th scope=\"col\">Crashes</th>"
      "<th scope=\"col\">Title</th><th scope=\"col\">Report</th></tr></thead><tbody>\n";
  const std::size_t count = std::min(groups.size(), kMaxWithoutScript);
  for (std::size_t i = 0; i < count; ++i) {
    const TriagedGroup& group = groups[i];
    out +=
        fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                    escape_html(group.id), schema::severity_name(group.severity), group.crashes,
                    escape_html(group.representative.verdict.title), escape_html(group.representative.path));
  }
  out += "</tbody></table>";
  if (count < groups.size()) out += fmt::format("<p>and {} more</p>", groups.size() - count);
  return out + "</noscript>\n";
}

}  // namespace

std::string html_policy() {
  return fmt::format("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
                     policy_hash(html_style()), policy_hash(html_script()));
}

schema::Status HtmlWriter::write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out_) == text.size()) return {};
  return schema::unavailable(fmt::format("cannot write the HTML: {}", std::strerror(errno)));
}

schema::Status HtmlWriter::finish(const std::vector<TriagedGroup>& groups) {
  std::size_t crashes = 0;
  for (const TriagedGroup& group : groups) crashes += group.crashes;
  if (auto status = write(head_html() + body_html(groups.size(), crashes, now_ms_)); !status) return status;
  if (auto status = write(without_script_html(groups)); !status) return status;

  // A group a line in both, so that the script finds the details of one without reading those of all.
  std::string rows = "<script type=\"application/json\" id=\"rows\">[\n";
  for (std::size_t i = 0; i < groups.size(); ++i) {
    rows += line_of(row_json(groups[i])) + (i + 1 < groups.size() ? ",\n" : "\n");
  }
  if (auto status = write(rows + "]</script>\n"); !status) return status;
  Strings strings;
  if (auto status = write("<script type=\"application/json\" id=\"details\">"); !status) return status;
  for (const TriagedGroup& group : groups) {
    if (auto status = write(line_of(detail_json(group, strings)) + "\n"); !status) return status;
  }
  return write(
      fmt::format("</script>\n<script type=\"application/json\" id=\"strings\">{}</script>\n"
                  "<script>{}</script></body></html>\n",
                  line_of(strings.list()), html_script()));
}

}  // namespace fuzzmill::cli
