#include "cli/dashboard_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "cli/show.h"
#include "cli/triage/escape.h"
#include "runtime/version.h"

namespace fuzzmill::cli {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--line:#8884;--dim:#888;--bad:#d33;--warn:#b70;--good:#2a7}
body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1280px;padding:1.2rem}
header{display:flex;gap:1.5rem;align-items:baseline;flex-wrap:wrap;border-bottom:1px solid var(--line)}
h1{font-size:1.3rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
.dim{color:var(--dim)}.problem{border-left:4px solid var(--bad);padding:.4rem .8rem;margin:1rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:600;color:var(--dim);font-size:.85em}
td,th{padding:.28rem .7rem .28rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.code{font-family:ui-monospace,monospace;font-size:.92em;overflow-wrap:anywhere}
.CRITICAL,.HIGH,.bad{color:var(--bad);font-weight:600}.MEDIUM,.warn{color:var(--warn);font-weight:600}
.good{color:var(--good)}
)";

struct Heading {
  std::string_view title;
  bool number = false;
};

void open_table(std::string& out, std::span<const Heading> headings) {
  out += "<div class=\"wide\"><table><thead><tr>";
  for (const Heading& one : headings) {
    out += fmt::format("<th{} scope=\"col\">{}</th>", one.number ? " class=\"n\"" : "", one.title);
  }
  out += "</tr></thead><tbody>\n";
}

void close_table(std::string& out) { out += "</tbody></table></div>\n"; }

// A cell; `look` is one of our own class names.
void cell(std::string& out, std::string_view text, std::string_view look = {}) {
  out += look.empty() ? "<td>" : fmt::format("<td class=\"{}\">", look);
  out += escape_html(text);
  out += "</td>";
}

void number(std::string& out, std::uint64_t value, std::string_view look = {}) {
  cell(out, std::to_string(value), look.empty() ? "n" : fmt::format("n {}", look));
}

std::string names(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  std::string out;
  for (const auto& [name, count] : counts)
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", name, count);
  return out;
}

void groups(std::string& out, const PageFacts& facts) {
  out += fmt::format("<h2>Crash groups <span class=\"dim\">{}{}</span></h2>\n", facts.groups.size(),
                     facts.more_groups ? ", the latest; there are more" : "");
  if (facts.groups.empty()) {
    out += "<p class=\"dim\">No crashes yet.</p>\n";
    return;
  }
  constexpr Heading kHeadings[] = {{"Severity"}, {"Count", true}, {"Kind"},        {"Title"},
                                   {"Targets"},  {"Nodes"},       {"First", true}, {"Last", true},
                                   {"Alerted"},  {"Group"},       {"Archive"}};
  open_table(out, kHeadings);
  for (const auto& row : facts.groups) {
    out += "<tr>";
    // Only the four names we know become a class.
    cell(out, row.severity.empty() ? "-" : row.severity, severity_rank(row.severity) > 0 ? row.severity : "");
    number(out, row.count);
    cell(out, row.kind, "code");
    cell(out, row.title, "code");
    cell(out, names(row.targets));
    cell(out, names(row.nodes));
    cell(out, age_text(facts.now_ms, row.first_seen_ms), "n");
    cell(out, age_text(facts.now_ms, row.last_seen_ms), "n");
    cell(out, row.alerted.empty() ? "no" : row.alerted);
    cell(out, row.group, "code");
    cell(out, row.archive.empty() ? "-" : row.archive, "code");
    out += "</tr>\n";
  }
  close_table(out);
}

std::string_view state_look(std::string_view state) {
  switch (state_tone(state)) {
    case Tone::kBad:
      return "bad";
    case Tone::kWarn:
      return "warn";
    case Tone::kDim:
      return "dim";
    default:
      return "good";
  }
}

std::string whole(const std::optional<double>& value) { return value ? fmt::format("{:.0f}", *value) : "-"; }
std::string whole(const std::optional<std::uint64_t>& value) { return value ? std::to_string(*value) : "-"; }

void machines(std::string& out, const PageFacts& facts) {
  constexpr Heading kHeadings[] = {{"Node"},        {"State"},      {"Last seen", true}, {"CPU %", true},
                                   {"Cores", true}, {"Load", true}, {"Memory MB", true}, {"of", true},
                                   {"Disk"},        {"°C", true},   {"Spool", true},     {"Alerts"}};
  open_table(out, kHeadings);
  for (const auto& [node, targets] : facts.nodes) {
    const std::string state = node_state(node, facts.now_ms);
    const schema::ResourceSample sample = node.machine ? node.machine->sample : schema::ResourceSample{};
    out += "<tr>";
    cell(out, node.node);
    cell(out, state, state_look(state));
    cell(out, age_text(facts.now_ms, node.last_seen_ms), "n");
    cell(out, whole(sample.node_cpu_percent), "n");
    cell(out, whole(sample.cores), "n");
    cell(out, whole(sample.load1), "n");
    cell(out, whole(sample.node_memory_mb), "n");
    cell(out, whole(sample.node_memory_total_mb), "n");
    cell(out, disk_text(node));
    cell(out, whole(sample.temperature_c), "n");
    number(out, node.spool_events);
    cell(out, alerts_text(node), node.alerts.empty() ? "" : "bad");
    out += "</tr>\n";
  }
  close_table(out);
}

void targets(std::string& out, const PageFacts& facts) {
  constexpr Heading kHeadings[] = {
      {"Node"},         {"Target"},        {"State"},        {"Last seen", true}, {"CPU %", true},
      {"RSS MB", true}, {"Threads", true}, {"Exec/s", true}, {"Coverage", true},  {"Crashes", true},
      {"Why"}};
  open_table(out, kHeadings);
  for (const NodeView& view : facts.nodes) {
    for (const auto& target : view.targets) {
      const auto& sample = target.sample;
      const std::string state = target_state(view, target, facts.now_ms);
      out += "<tr>";
      cell(out, view.node.node);
      cell(out, target.target, "code");
      cell(out, state.empty() ? "-" : state, state_look(state));
      cell(out, age_text(facts.now_ms, target.time_ms), "n");
      cell(out, fmt::format("{:.0f}", sample.cpu_percent), "n");
      cell(out, fmt::format("{:.0f}", sample.rss_mb), "n");
      number(out, sample.threads);
      cell(out, whole(sample.exec_per_second), "n");
      cell(out, whole(sample.coverage), "n");
      cell(out, whole(sample.crashes), "n");
      cell(out, sample.state_reason.value_or(""));
      out += "</tr>\n";
    }
  }
  close_table(out);
}

void nodes(std::string& out, const PageFacts& facts) {
  out += fmt::format("<h2>Nodes <span class=\"dim\">{}</span></h2>\n", facts.nodes.size());
  if (facts.nodes.empty()) {
    out += "<p class=\"dim\">No node has spoken yet.</p>\n";
    return;
  }
  machines(out, facts);
  out += "<h2>Targets</h2>\n";
  targets(out, facts);
}

void queue(std::string& out, const PageFacts& facts) {
  out += "<h2>Queue</h2>\n";
  constexpr Heading kHeadings[] = {
      {"Topic"}, {"Stage"}, {"Waiting", true}, {"In flight", true}, {"Oldest", true}};
  open_table(out, kHeadings);
  for (const auto& state : facts.stages) {
    out += "<tr>";
    cell(out, schema::name(state.topic));
    cell(out, schema::name(state.stage));
    number(out, state.waiting);
    number(out, state.in_flight);
    cell(out, age_text(facts.now_ms, entry_ms(state.oldest)), "n");
    out += "</tr>\n";
  }
  close_table(out);
  for (const DeadCount& one : facts.dead) {
    if (one.count == 0) continue;
    out += fmt::format("<p class=\"bad\">{} dead letters of {}: see <code>fuzzmill queue dead</code></p>\n",
                       one.count, schema::name(one.topic));
  }
}

}  // namespace

std::string page_policy() {
  return fmt::format(
      "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      policy_hash(kStyle));
}

std::string page_html(const PageFacts& facts) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>fuzzmill</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta http-equiv=\"refresh\" content=\"{}\">\n<style>{}</style></head><body>\n"
      "<header><h1>fuzzmill</h1><span class=\"dim\">{} UTC · every {} s · {}</span></header>\n",
      kRefreshSeconds, kStyle, time_text(facts.now_ms), kRefreshSeconds, runtime::kVersion);
  if (!facts.problem.empty()) out += fmt::format("<p class=\"problem\">{}</p>\n", escape_html(facts.problem));
  groups(out, facts);
  nodes(out, facts);
  queue(out, facts);
  return out + "</body></html>\n";
}

}  // namespace fuzzmill::cli
