#include "cli/views.h"

#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

constexpr std::uint64_t kNow = 1'800'000'000'000;

store::GroupRow group(std::string id, std::string severity, std::uint64_t count, std::string title = "boom") {
  store::GroupRow row;
  row.group = std::move(id);
  row.severity = std::move(severity);
  row.count = count;
  row.kind = "heap-buffer-overflow";
  row.title = std::move(title);
  row.nodes = {{"nyc", 3}, {"london", 1}};
  row.targets = {{"fuzz_sha3", 4}};
  row.first_seen_ms = kNow - 7'200'000;
  row.last_seen_ms = kNow - 5'000;
  return row;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("groups are listed by priority, resolved ones last, of equals those with most crashes first") {
  std::vector<store::GroupRow> rows = {
      group("a", "LOW", 9),  group("b", "CRITICAL", 1), group("c", "", 5),      group("d", "CRITICAL", 2),
      group("e", "HIGH", 1), group("f", "CRITICAL", 9), group("g", "MEDIUM", 1)};
  rows[5].state = "resolved";
  rows[6].replays = rows[6].reproduced = 1000;  // goes before an old HIGH that no replay shows
  rows[6].targets.emplace_back("fuzz_other", 1);
  rows[4].replays = 1000, rows[4].first_seen_ms = 0;
  rows[4].nodes.resize(1);
  sort_groups(rows, kNow);
  std::string order;
  for (const auto& row : rows) order += row.group;
  CHECK(order == "dbgeacf");
}

TEST_CASE("the order is explained with each factor, in the table and in JSON") {
  auto row = group("0123456789abcdef", "HIGH", 3, "boom\n");
  row.replays = 4, row.reproduced = 3;
  const std::string text = explained_table({row}, kNow).text(0, false);
  CHECK(has(text, "PRIORITY = SEVERITY × REPRODUCIBILITY × NEWNESS × SPREAD"));
  CHECK(has(text,
            "= 16 (HIGH) × 0.75 (3 of 4 replays crashed again) × 1.00 (new 0.1 days ago) × 1.25 (2 nodes, 1 "
            "target)"));
  const auto json = priority_json(row, kNow);
  CHECK(json["severity"] == 16);
  CHECK(json["spread"] == 1.25);
  CHECK(json["value"].get<double>() > 14);
}

TEST_CASE("a merged group tells its parts and its history, escaped") {
  store::GroupDetail detail{group("0123456789abcdef", "HIGH", 3), {}, {}, 0};
  auto part = group("fedcba9876543210", "LOW", 1, "part\nseverity  LOW");
  part.merged_by = "ann@desk", part.merged_why = "same lock", part.merged_ms = kNow;
  detail.members = {part};
  detail.history = {{kNow, "merge", "fedcba9876543210", "", "ann@desk", "same\x1b[2J lock"},
                    {kNow, "state", "", "open", "", ""}};
  const std::string text = group_text(detail, kNow);
  CHECK(has(text, "part         fedcba9876543210 1 × LOW part\\nseverity  LOW, by ann@desk at "));
  CHECK(has(text, "UTC took in fedcba9876543210 by ann@desk: same\\x1b[2J lock"));
  CHECK(has(text, "UTC called open by -\n"));
  const auto json = group_detail_json(detail);
  CHECK(json["parts"][0]["merged_because"] == "same lock");
  CHECK(json["history"][0]["action"] == "merge");
}

TEST_CASE("a hostile title cannot leave its row of the table of groups") {
  const std::string hostile = "\x1b[31m\nCRITICAL  999\t\xff" + std::string(100'000, 'A');
  const std::string text =
      groups_table({group("0123456789abcdef", "HIGH", 3, hostile)}, kNow).text(120, false);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(!has(text, "\x1b"));
  CHECK(text.size() < 2000);
  CHECK(has(text, "\\x1b[31m\\nCRI"));
  CHECK(has(text, "nyc london"));
}

TEST_CASE("a group as text escapes what it holds, line by line") {
  store::GroupDetail detail{
      group("0123456789abcdef", "HIGH", 3, "a\nseverity     LOW"), {}, {{std::string(64, 'a'), 12}}, 0};
  detail.row.reasons = R"(["write past the end","\u001b[2J"])";
  detail.row.state = "returned", detail.row.state_by = "ann@desk", detail.row.state_ms = kNow - 60'000;
  detail.row.state_because = "mended\nstate  open";
  const std::string text = group_text(detail, kNow);
  CHECK(
      has(text,
          "state        returned\nverdict      2027-01-15 07:59:00 UTC by ann@desk: mended\\nstate  open\n"));
  CHECK(has(text, "title        a\\nseverity     LOW\n"));
  CHECK(has(text, "because      write past the end\n"));
  CHECK(has(text, "because      \\x1b[2J\n"));
  CHECK(has(text, "last seen    2027-01-15 07:59:55 UTC, 5 s ago\n"));
  CHECK(has(text, "(12 bytes)"));
}

TEST_CASE("groups as JSON have the documented fields, and bytes that are not UTF-8 do no harm") {
  auto row = group("0123456789abcdef", "HIGH", 3, "bad \xff bytes");
  row.reasons = "not json";
  row.cwe = "787 119";
  const auto json = nlohmann::json::parse(json_text(groups_json({row}, "next")));
  CHECK(json["cursor"] == "next");
  const auto& one = json["groups"][0];
  CHECK(one["id"] == "0123456789abcdef");
  CHECK(one["nodes"]["nyc"] == 3);
  CHECK(one["targets"].contains("fuzz_sha3"));
  CHECK(one["cwe"] == nlohmann::json::array({"787", "119"}));
  CHECK(one["reasons"] == nlohmann::json::array({"not json"}));
  CHECK(one["title"] == "bad \xef\xbf\xbd bytes");
  for (const char* field : {"kind", "severity", "security", "state", "state_because", "state_by", "state_ms",
                            "count", "first_seen_ms", "last_seen_ms", "archive", "archived_ms", "alerted",
                            "alerted_severity", "alerted_ms"}) {
    INFO(field);
    CHECK(one.contains(field));
  }
}

TEST_CASE("a node is silent after three minutes, and stopped when it said so") {
  store::NodeRow node;
  node.last_seen_ms = kNow - kNodeSilentMs;
  CHECK(node_state(node, kNow) == "alive");
  CHECK(node_state(node, kNow + 1) == "silent");
  node.state = "crash-looping";
  CHECK(node_state(node, kNow) == "crash-looping");
  node.reason = "stop";
  CHECK(node_state(node, kNow + 1) == "stopped");
}

TEST_CASE("nodes show each target's sample, and a dash for what is not known") {
  NodeView view;
  view.node.node = "nyc";
  view.node.last_seen_ms = kNow - 1000;
  store::TargetRow target{"nyc", "fuzz_sha3", kNow - 1000, {}};
  target.sample.cpu_percent = 99.6;
  target.sample.rss_mb = 412.2;
  target.sample.states = "RS";
  view.targets = {target};
  const std::string text = targets_table({view}, kNow).text(0, false);
  CHECK(has(text, "100"));
  CHECK(has(text, "412"));
  CHECK(has(text, "RS"));
  const auto json = nodes_json({view}, kNow);
  CHECK(json["nodes"][0]["targets"][0]["exec_per_second"].is_null());
  CHECK(json["nodes"][0]["state"] == "alive");
  CHECK(json["nodes"][0]["machine"].is_null());
  CHECK(json["nodes"][0]["targets"][0]["state"].is_null());
  CHECK(has(nodes_table({view}, kNow).text(0, false), "nyc"));
}

TEST_CASE("nodes show the machine, the states of targets with their reasons, and open alerts") {
  NodeView view;
  view.node.node = "nyc", view.node.last_seen_ms = kNow;
  view.node.alerts = {"node.disk", "target.state fuzz_a"};
  view.node.machine = store::TargetRow{"nyc", "", kNow, {}};
  auto& machine = view.node.machine->sample;
  machine.disk_percent = 91, machine.disk_path = "/data", machine.node_cpu_percent = 55, machine.cores = 8;
  machine.temperature_c = 61;
  store::TargetRow target{"nyc", "fuzz_a", kNow, {}};
  target.sample.state = "stalled", target.sample.state_reason = "no execution over 4 samples";
  target.sample.pss_mb = 12.5;
  view.targets = {target};
  const std::string nodes = nodes_table({view}, kNow).text(0, false);
  CHECK(has(nodes, "91 % of /data"));
  CHECK(has(nodes, "node.disk, target.state fuzz_a"));
  const std::string targets = targets_table({view}, kNow).text(0, false);
  CHECK(has(targets, "stalled"));
  CHECK(has(targets, "no execution over 4 samples"));
  const auto one = nodes_json({view}, kNow)["nodes"][0];
  CHECK(one["machine"]["cores"] == 8);
  CHECK(one["machine"]["oom_kills"].is_null());
  CHECK(one["alerts"].size() == 2);
  CHECK(one["targets"][0]["state"] == "stalled");
  CHECK(one["targets"][0]["pss_mb"] == 12.5);
}

TEST_CASE("a target is silent when its node says nothing of it, and as its node is") {
  NodeView view;
  view.node.last_seen_ms = kNow;
  store::TargetRow target{"nyc", "fuzz_a", kNow - kNodeSilentMs, {}};
  target.sample.state = "running";
  CHECK(target_state(view, target, kNow) == "running");
  CHECK(target_state(view, target, kNow + 1) == "silent");
  target.sample.interval_ms = 3'600'000;
  CHECK(target_state(view, target, kNow + 1) == "running");
  view.node.alerts = {"target.silent fuzz_a"};
  CHECK(target_state(view, target, kNow) == "silent");
  view.node.alerts = {"node.silent"};
  CHECK(node_state(view.node, kNow) == "silent");
  view.node.reason = "stop";
  CHECK(target_state(view, target, kNow) == "stopped");
  CHECK(state_tone("dead") == Tone::kBad);
  CHECK(state_tone("slow") == Tone::kWarn);
  CHECK(state_tone("running") == Tone::kGood);
  CHECK(state_tone("stopped") == Tone::kDim);
}

TEST_CASE("the queue shows each stage with the age of its oldest event, and the dead of its topic") {
  const store::StageState state{schema::Topic::kCrashFound, schema::Stage::kFingerprint, 5, 2,
                                std::to_string(kNow - 90'000) + "-3"};
  const std::vector<DeadCount> dead = {{schema::Topic::kCrashFound, 4}};
  const std::string text = queue_table({state}, dead, kNow).text(0, false);
  CHECK(has(text, "crash.found  fingerprint        5          2    90 s              4"));
  const auto json = queue_json({state}, dead, kNow);
  CHECK(json["stages"][0]["oldest_age_ms"] == 90'000);
  CHECK(json["dead"][0]["count"] == 4);
  CHECK(entry_ms("") == 0);
  CHECK(entry_ms("nonsense") == 0);
}
