#include "workers/alert/limits.h"

#include <limits>
#include <set>

#include "schema/target_state.h"
#include "tests/catch.h"

namespace fuzzmill::workers {
namespace {

schema::Event event_of(schema::Body body, std::string target = "fuzz_tlv") {
  return {schema::EventId::of(1, 1), "nyc", std::move(target), 1'750'000'000'000, {}, std::move(body)};
}

// What a sample says of one alert: its word, "?" when undecided, "-" when it says nothing.
std::string says(const schema::Event& event, const std::string& alert, const AlertLimits& limits = {}) {
  for (const auto& check : watch_request(event, limits).checks) {
    if (check.alert == alert) return check.undecided ? "?" : check.word;
  }
  return "-";
}

}  // namespace

TEST_CASE("a limit is over above it, well below its margin, and undecided between") {
  schema::ResourceSample body;
  const auto disk = [&](double percent) {
    body.disk_percent = percent;
    return says(event_of(body, ""), "node.disk");
  };
  CHECK(disk(80) == "?");
  CHECK(disk(80.1) == "over");
  CHECK(disk(72.1) == "?");
  CHECK(disk(72) == "");
  CHECK(disk(std::numeric_limits<double>::quiet_NaN()) == "?");
  CHECK(disk(std::numeric_limits<double>::infinity()) == "over");
  CHECK(disk(-5) == "");
}

TEST_CASE("the defaults are the ones that are promised, and 0 turns a limit off") {
  const AlertLimits limits;
  CHECK(limits.node_cpu_percent == 80);
  CHECK(limits.target_memory_mb == 6144);
  CHECK(limits.disk_percent == 80);
  CHECK(limits.silent_intervals == 3);
  schema::ResourceSample body;
  body.rss_mb = 6145;
  CHECK(says(event_of(body), "target.memory") == "over");
  AlertLimits off;
  off.target_memory_mb = 0;
  CHECK(says(event_of(body), "target.memory", off) == "");
}

TEST_CASE("a fuzzer at 100 % of one core is no alert, a node without idle time is") {
  schema::ResourceSample body;
  body.cpu_percent = 100;
  CHECK(says(event_of(body), "node.cpu") == "-");
  body.node_cpu_percent = 12.5, body.cores = 8;
  CHECK(says(event_of(body, ""), "node.cpu") == "");
  body.node_cpu_percent = 99;
  CHECK(says(event_of(body, ""), "node.cpu") == "over");
}

TEST_CASE("full inodes are a full disk, and memory is a share of the container's") {
  schema::ResourceSample body;
  body.disk_percent = 10, body.inode_percent = 95;
  body.node_memory_mb = 950, body.node_memory_total_mb = 1000;
  CHECK(says(event_of(body, ""), "node.disk") == "over");
  CHECK(says(event_of(body, ""), "node.memory") == "over");
  body.node_memory_total_mb = 0;
  CHECK(says(event_of(body, ""), "node.memory") == "-");
}

TEST_CASE("each state of a target is an alert or none, as its table says") {
  for (const auto& row : schema::target_states()) {
    schema::ResourceSample body;
    body.state = row.word;
    INFO(std::string(row.word));
    CHECK(says(event_of(body), "target.state") == (row.alert ? std::string(row.word) : ""));
  }
  schema::ResourceSample body;
  CHECK(says(event_of(body), "target.state") == "-");
  body.state = "dreaming";
  CHECK(says(event_of(body), "target.state") == "?");
}

TEST_CASE("a sample of many merged ones has the interval of one") {
  schema::ResourceSample body;
  body.interval_ms = 300'000, body.merged = 10;
  CHECK(watch_request(event_of(body), {}).interval_ms == 30'000);
  body.merged = 0;
  CHECK(watch_request(event_of(body), {}).interval_ms == 300'000);
}

TEST_CASE("a heartbeat starts and stops, and every sign of life ends a node's silence") {
  schema::Heartbeat body;
  using Kind = store::WatchRequest::Kind;
  for (const auto& [reason, kind] : {std::pair{"start", Kind::kStart},
                                     {"stop", Kind::kStop},
                                     {"hour", Kind::kHour},
                                     {"whatever", Kind::kHour}}) {
    body.reason = reason;
    CHECK(watch_request(event_of(body, ""), {}).kind == kind);
    CHECK(says(event_of(body, ""), "node.silent") == "");
  }
}

TEST_CASE("the table has a reason for each alert, and the names are told apart") {
  std::set<std::string_view> names;
  for (const AlertRow& row : alert_rows()) {
    CHECK(names.insert(row.alert).second);
    CHECK_FALSE(row.raised.empty());
    CHECK_FALSE(row.because.empty());
    CHECK(row.raise_after >= 1);
    CHECK(row.over_after >= 1);
    CHECK(find_alert_row(row.alert) == &row);
  }
  CHECK(find_alert_row("group.new") == nullptr);
}

TEST_CASE("an alert says what, where, the numbers and what to do") {
  schema::ResourceSample body;
  body.state = "stalled", body.state_reason = "no execution and 0.0 % CPU over 4 samples";
  const auto event = event_of(body);
  const auto request = watch_request(event, {});
  const auto raised = watch_alerts(event, request, {{0, store::WatchChange::Kind::kRaised, "slow"}}, {}, 60);
  REQUIRE(raised.size() == 1);
  const auto& alert = std::get<schema::AlertRaised>(raised[0].body);
  CHECK(alert.alert == "target.state");
  CHECK(alert.severity == "HIGH");
  CHECK(alert.subject == "nyc/fuzz_tlv");
  CHECK(alert.kind == "stalled");
  CHECK(alert.title == "target.state stalled: target fuzz_tlv on node nyc");
  CHECK(alert.text.find("over 4 samples") != std::string::npos);
  CHECK(alert.text.find("kill -CONT") != std::string::npos);
  CHECK(alert.text.find("It was slow.") != std::string::npos);

  const auto over = watch_alerts(event, request, {{0, store::WatchChange::Kind::kOver, "stalled"}}, {}, 60);
  const auto& recovered = std::get<schema::AlertRaised>(over[0].body);
  CHECK(recovered.alert == "target.state.recovered");
  CHECK(recovered.title == "target.state recovered: target fuzz_tlv on node nyc was stalled");
  const auto spent = watch_alerts(event, request, {{0, store::WatchChange::Kind::kBudgetSpent, ""}}, {}, 60);
  CHECK(std::get<schema::AlertRaised>(spent[0].body).alert == "budget.spent");
}

TEST_CASE("two workers that see the same silence make the same event") {
  const store::Overdue overdue{"nyc", "fuzz_tlv", 1000, 0};
  CHECK(silent_alert(overdue, 2000).id == silent_alert(overdue, 3000).id);
  CHECK_FALSE(silent_alert(overdue, 2000).id == silent_alert({"nyc", "", 1000, 0}, 2000).id);
  CHECK_FALSE(silent_alert(overdue, 2000).id == silent_budget_alert(overdue, 60, 2000).id);
}

}  // namespace fuzzmill::workers
