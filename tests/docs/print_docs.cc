// fuzzmill-docs PART: prints the parts of docs/protocol.md, docs/severity.md, docs/operating.md and docs/nodes.md
// that come from the code. tests/docs/check_generated.py compares them with the page, tests/docs/regenerate.sh writes
// them into it.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "producers/agent/targets_file.h"
#include "producers/monitor/target_state.h"
#include "schema/crash_mark.h"
#include "schema/event_codec.h"
#include "schema/keys.h"
#include "schema/limits.h"
#include "schema/target_state.h"
#include "schema/taxonomy.h"
#include "schema/topic.h"
#include "workers/alert/limits.h"

namespace {

using namespace fuzzmill::schema;

// The stages that take a topic, as the table of subscriptions has them.
std::string takers(Topic topic) {
  std::string names;
  for (const auto& [stage, taken] : kSubscriptions) {
    if (taken == topic) names += fmt::format("{}{}", names.empty() ? "" : ", ", name(stage));
  }
  return names.empty() ? "nobody" : names;
}

std::string topics_part() {
  std::string out = "| topic | who publishes it | stages that take it |\n|---|---|---|\n";
  for (const Topic topic : all_topics()) {
    out += fmt::format("| `{}` | {} | {} |\n", name(topic), node_may_publish(topic) ? "nodes" : "stages",
                       takers(topic));
  }
  return out;
}

std::string events_part() {
  std::string out;
  for (const Topic topic : all_topics()) {
    out +=
        fmt::format("{}#### {}\n\n| field | type | |\n|---|---|---|\n", out.empty() ? "" : "\n", name(topic));
    for (const FieldDoc& field : field_docs(topic)) {
      out +=
          fmt::format("| `{}` | {} | {} |\n", field.name, field.type, field.required ? "" : "may be missing");
    }
  }
  return out;
}

std::string keys_part() {
  std::string out = "| key | type | what |\n|---|---|---|\n";
  for (const keys::KeySpec& key : keys::key_specs()) {
    out += fmt::format("| `{}` | {} | {} |\n", key.pattern, key.type, key.meaning);
  }
  return out;
}

std::string limits_part() {
  struct Limit {
    std::string_view what;
    std::size_t value;
    std::string_view unit;
  };
  static constexpr std::array kLimits = {
      Limit{"a name of a node, target or engine", kMaxNameSize, "bytes"},
      Limit{"one string of an event", kMaxTextSize, "bytes"},
      Limit{"one list of an event", kMaxListSize, "elements"},
      Limit{"nesting of MessagePack", kMaxDepth, "levels"},
      Limit{"one encoded event", kMaxEventSize, "bytes"},
      Limit{"attachments of one event", kMaxAttachments, ""},
      Limit{"one attachment", kMaxAttachmentSize, "bytes"},
      Limit{"events in one PUB", kMaxBatchEvents, ""},
      Limit{"one frame on the wire, encrypted (ZMQ_MAXMSGSIZE)", kMaxMessageSize + kCurveOverhead, "bytes"},
      Limit{"frames that a message is read for", kMaxFrames, ""},
  };
  std::string out = "| what | limit | |\n|---|---:|---|\n";
  for (const Limit& limit : kLimits)
    out += fmt::format("| {} | {} | {} |\n", limit.what, limit.value, limit.unit);
  return out;
}

std::string target_states_part() {
  std::string out = "| state | alert | what it means | what to do |\n|---|---|---|---|\n";
  for (const TargetStateRow& row : target_states()) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", row.word, row.alert ? severity_name(*row.alert) : "",
                       row.meaning, row.advice);
  }
  return out;
}

std::string target_keys_part() {
  std::string out = "| key | is | what |\n|---|---|---|\n";
  for (const auto& key : fuzzmill::producers::target_keys())
    out += fmt::format("| `{}` | {} | {} |\n", key.name, key.type, key.meaning);
  return out;
}

std::string state_policy_part() {
  std::string out = "| threshold | value | decides | why |\n|---|---|---|---|\n";
  for (const auto& row : fuzzmill::producers::policy_rows())
    out += fmt::format("| {} | {} | {} | {} |\n", row.name, row.value, row.decides, row.reason);
  return out;
}

std::string alerts_part() {
  std::string out =
      "| alert | raised when | severity | after | over after | why |\n|---|---|---|---:|---:|---|\n";
  for (const auto& row : fuzzmill::workers::alert_rows()) {
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", row.alert, row.raised,
                       row.alert == "target.state" ? "the state's" : severity_name(row.severity),
                       row.raise_after, row.over_after, row.because);
  }
  return out;
}

std::string kinds_part() {
  std::string out = "| kind | severity | security | CWE | what |\n|---|---|---|---|---|\n";
  for (const Kind& kind : kinds()) {
    std::string cwe;
    for (const std::uint16_t number : kind.cwes())
      cwe += fmt::format("{}{}", cwe.empty() ? "" : ", ", number);
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", kind.name, severity_name(kind.severity),
                       kind.security ? "yes" : "no", cwe, kind.description);
  }
  return out;
}

std::string marks_part() {
  std::string out = "| mark | what a reader looks for |\n|---|---|\n";
  for (const MarkRow& mark : marks()) out += fmt::format("| `{}` | {} |\n", mark.name, mark.meaning);
  return out;
}

struct Part {
  std::string_view name;
  std::string (*print)();
};
constexpr std::array kParts = {Part{"topics", topics_part},
                               Part{"events", events_part},
                               Part{"keys", keys_part},
                               Part{"limits", limits_part},
                               Part{"kinds", kinds_part},
                               Part{"marks", marks_part},
                               Part{"target-keys", target_keys_part},
                               Part{"target-states", target_states_part},
                               Part{"state-policy", state_policy_part},
                               Part{"alerts", alerts_part}};

}  // namespace

int main(int argc, char** argv) {
  for (const Part& part : kParts) {
    if (argc == 2 && part.name == argv[1]) {
      std::fputs(part.print().c_str(), stdout);
      return 0;
    }
  }
  std::fputs(
      "usage: fuzzmill-docs topics | events | keys | limits | kinds | marks | target-keys | target-states | state-policy | "
      "alerts\n",
      stderr);
  return 2;
}
