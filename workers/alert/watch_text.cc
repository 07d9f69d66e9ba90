// The alert.raised events of workers/alert/limits.h, in words.
#include <fmt/format.h>

#include <algorithm>

#include "schema/digest.h"
#include "schema/target_state.h"
#include "workers/alert/limits.h"

namespace fuzzmill::workers {
namespace {

std::string subject_of(const std::string& node, const std::string& target) {
  return target.empty() ? node : node + "/" + target;
}

std::string where(const std::string& node, const std::string& target) {
  return target.empty() ? fmt::format("node {}", node) : fmt::format("target {} on node {}", target, node);
}

bool about_node(std::string_view alert) { return alert.substr(0, 5) == "node."; }

std::string state_text(const schema::ResourceSample& sample) {
  const auto* row = sample.state ? schema::find_target_state(*sample.state) : nullptr;
  std::string text = sample.state_reason.value_or("");
  if (row == nullptr) return text;
  text = fmt::format("{}{}{}", text, text.empty() ? "" : ". ", row->meaning);
  if (!row->advice.empty()) text.append(" ").append(row->advice);
  return text;
}

// The numbers that decided.
std::string facts_of(std::string_view alert, const schema::ResourceSample& sample,
                     const AlertLimits& limits) {
  if (alert == "target.state") return state_text(sample);
  if (alert == "target.memory") {
    return fmt::format("{:.0f} MB in {} processes; the limit is {:.0f} MB", sample.rss_mb, sample.processes,
                       limits.target_memory_mb);
  }
  if (alert == "node.cpu") {
    return fmt::format("{:.0f} % of {} cores; the limit is {:.0f} %", sample.node_cpu_percent.value_or(0),
                       sample.cores.value_or(0), limits.node_cpu_percent);
  }
  if (alert == "node.memory") {
    return fmt::format("{:.0f} of {:.0f} MB are in use; the limit is {:.0f} %",
                       sample.node_memory_mb.value_or(0), sample.node_memory_total_mb.value_or(0),
                       limits.node_memory_percent);
  }
  if (alert == "node.disk") {
    return fmt::format(
        "{:.1f} % of the disk of {} and {:.1f} % of inodes are used, {:.0f} MB are free; the "
        "limit is {:.0f} %",
        sample.disk_percent.value_or(0), sample.disk_path.value_or("?"), sample.inode_percent.value_or(0),
        sample.disk_free_mb.value_or(0), limits.disk_percent);
  }
  if (alert == "node.oom") {
    return fmt::format("{} processes were killed by the kernel for want of memory",
                       sample.oom_kills.value_or(0));
  }
  return {};
}

std::string budget_text(std::string_view first) {
  return fmt::format(
      "What would alert now is told when it lasts into an hour with budget left; the first is "
      "{}. See all with: fuzzmill nodes",
      first);
}

schema::AlertRaised body_of(const schema::Event& event, const store::WatchCheck& check,
                            const store::WatchChange& change, const AlertLimits& limits) {
  const AlertRow& row = *find_alert_row(check.alert);
  const std::string target = about_node(check.alert) ? "" : event.target;
  const auto* sample = std::get_if<schema::ResourceSample>(&event.body);
  schema::AlertRaised body;
  body.subject = subject_of(event.node, target);
  body.text = sample != nullptr ? facts_of(check.alert, *sample, limits) : "";
  if (change.kind == store::WatchChange::Kind::kOver) {
    body.alert = check.alert + ".recovered";
    body.severity = schema::severity_name(schema::Severity::kLow);
    body.kind = change.told;
    body.title = fmt::format("{} recovered: {} was {}", check.alert, where(event.node, target), change.told);
    if (body.text.empty()) body.text = "It was heard of again.";
    return body;
  }
  const auto* state = schema::find_target_state(check.word);
  body.alert = check.alert;
  body.severity = schema::severity_name(state != nullptr && state->alert ? *state->alert : row.severity);
  body.kind = check.word;
  body.title = fmt::format("{} {}: {}", check.alert, check.word, where(event.node, target));
  if (!change.told.empty()) body.text += fmt::format(" It was {}.", change.told);
  return body;
}

schema::Event silent_event(const store::Overdue& overdue, std::uint64_t now_ms, std::string_view what,
                           schema::AlertRaised body) {
  // From what it is about, so that two workers make the same event.
  const auto digest = schema::sha256(fmt::format("{}/{}/{}", what, overdue.node, overdue.target));
  std::uint64_t source = 0;
  for (std::size_t i = 0; i < 8; ++i) source = source << 8 | digest[i];
  return {schema::EventId::of(source, overdue.deadline_ms),
          overdue.node,
          overdue.target,
          now_ms,
          {},
          std::move(body)};
}

}  // namespace

std::vector<schema::Event> watch_alerts(const schema::Event& event, const store::WatchRequest& request,
                                        const std::vector<store::WatchChange>& changes,
                                        const AlertLimits& limits, std::uint64_t alerts_per_hour) {
  std::vector<schema::Event> alerts;
  for (const store::WatchChange& change : changes) {
    const store::WatchCheck& check = request.checks.at(change.check);
    schema::AlertRaised body = body_of(event, check, change, limits);
    if (change.kind == store::WatchChange::Kind::kBudgetSpent) {
      body.text = budget_text(body.title);
      body.alert = "budget.spent";
      body.title = fmt::format("The budget of {} alerts about nodes in an hour is spent", alerts_per_hour);
    }
    alerts.push_back({schema::EventId::derived(event.id, schema::Stage::kAlert, alerts.size()),
                      event.node,
                      event.target,
                      event.time_ms,
                      {},
                      std::move(body)});
  }
  return alerts;
}

schema::Event silent_alert(const store::Overdue& overdue, std::uint64_t now_ms) {
  const std::string_view alert = overdue.target.empty() ? "node.silent" : "target.silent";
  schema::AlertRaised body;
  body.alert = alert;
  body.subject = subject_of(overdue.node, overdue.target);
  body.severity = schema::severity_name(find_alert_row(alert)->severity);
  body.kind = "silent";
  body.title = fmt::format("{}: {}", alert, where(overdue.node, overdue.target));
  body.text = overdue.target.empty()
                  ? "No sample has come from it. Look at the agent there, its network, and whether it is up."
                  : "No sample of it has come, while its node is heard of. Look at the agent's log.";
  return silent_event(overdue, now_ms, alert, std::move(body));
}

schema::Event silent_budget_alert(const store::Overdue& overdue, std::uint64_t alerts_per_hour,
                                  std::uint64_t now_ms) {
  schema::AlertRaised body;
  body.alert = "budget.spent";
  body.subject = subject_of(overdue.node, overdue.target);
  body.severity = schema::severity_name(schema::Severity::kHigh);
  body.title = fmt::format("The budget of {} alerts about nodes in an hour is spent", alerts_per_hour);
  body.text = budget_text("that " + where(overdue.node, overdue.target) + " is silent");
  return silent_event(overdue, now_ms, "budget", std::move(body));
}

}  // namespace fuzzmill::workers
