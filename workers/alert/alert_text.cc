#include "workers/alert/alert_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "runtime/printable.h"

namespace fuzzmill::workers {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxTitle = 300;  // bytes, before escaping
constexpr std::size_t kMaxText = 2000;
constexpr std::uint64_t kMaxMs = 253'402'300'799'000;  // the year 9999

std::string utc(std::uint64_t time_ms) {
  const auto second = static_cast<std::time_t>(std::min(time_ms, kMaxMs) / 1000);
  std::tm parts{};
  gmtime_r(&second, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

const schema::AlertRaised& body_of(const schema::Event& alert) {
  return std::get<schema::AlertRaised>(alert.body);
}

std::string text_of(const schema::Event& crash, const store::AlertClaim& claim) {
  const auto& body = std::get<schema::CrashClassified>(crash.body);
  std::string text =
      fmt::format("group {}: {} {} in target {} on node {}, {} crash{} so far", claim.group, claim.severity,
                  body.kind, crash.target, crash.node, claim.count, claim.count == 1 ? "" : "es");
  if (claim.kind == store::AlertKind::kWorse) text += fmt::format("; it was {}", claim.previous_severity);
  if (claim.kind == store::AlertKind::kReturned) text += "; it had been resolved";
  if (!body.reasons.empty()) text.append(". ").append(body.reasons.front());
  return text;
}

}  // namespace

std::string alert_line(const schema::Event& alert) {
  const schema::AlertRaised& body = body_of(alert);
  std::string title = runtime::printable(body.title, kMaxTitle);
  for (std::size_t at = 0; (at = title.find('"', at)) != std::string::npos; at += 2)
    title.insert(at, 1, '\\');
  const auto word = [](const std::string& text) { return runtime::printable(text, 128); };
  return fmt::format("{} {} {} {} node={} target={} kind={} \"{}\" id={}", utc(alert.time_ms),
                     word(body.severity), word(body.alert), word(body.subject), alert.node,
                     alert.target.empty() ? "-" : alert.target, word(body.kind.value_or("-")), title,
                     alert.id.hex());
}

std::string alert_json(const schema::Event& alert) {
  const schema::AlertRaised& body = body_of(alert);
  Json json = {{"version", 1},
               {"id", alert.id.hex()},
               {"alert", body.alert},
               {"severity", body.severity},
               {"subject", body.subject},
               {"kind", body.kind.value_or("")},
               {"title", runtime::printable(body.title, kMaxTitle)},
               {"text", runtime::printable(body.text, kMaxText)},
               {"node", alert.node},
               {"target", alert.target},
               {"time_ms", alert.time_ms}};
  if (body.count) json["count"] = *body.count;
  return dump(json);
}

std::string escape_slack(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string alert_slack(const schema::Event& alert) {
  const schema::AlertRaised& body = body_of(alert);
  const auto safe = [](const std::string& text, std::size_t limit) {
    return escape_slack(runtime::printable(text, limit));
  };
  return dump(
      {{"text", fmt::format("*{}* {}: {}\n{}\nid {}", safe(body.severity, 16), safe(body.alert, 64),
                            safe(body.title, kMaxTitle), safe(body.text, kMaxText), alert.id.hex())}});
}

schema::Event alert_event(const schema::Event& crash, const store::AlertClaim& claim,
                          std::uint64_t alerts_per_hour) {
  const auto& classified = std::get<schema::CrashClassified>(crash.body);
  schema::AlertRaised body;
  body.alert = store::name(claim.kind);
  body.subject = claim.group;
  body.severity = claim.severity;
  body.kind = classified.kind;
  body.count = claim.count;
  if (claim.kind == store::AlertKind::kBudgetSpent) {
    body.title = fmt::format("The budget of {} alerts in an hour is spent", alerts_per_hour);
    body.text = fmt::format(
        "Groups that would alert now are marked suppressed, the first is {}; each is raised by its next "
        "crash in an "
        "hour with budget left. See them with: fuzzmill crashes list",
        claim.group);
  } else {
    body.title = classified.title;
    body.text = text_of(crash, claim);
  }
  return {schema::EventId::derived(crash.id, schema::Stage::kAlert, 0),
          crash.node,
          crash.target,
          crash.time_ms,
          {},
          std::move(body)};
}

}  // namespace fuzzmill::workers
