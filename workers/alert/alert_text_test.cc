#include "workers/alert/alert_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.h"

namespace fuzzmill::workers {
namespace {

using nlohmann::json;

schema::Event alert(const std::string& title) {
  schema::AlertRaised body;
  body.alert = "group.new", body.subject = "0123456789abcdef", body.severity = "HIGH";
  body.title = title, body.text = title, body.kind = "assert", body.count = 3;
  return {schema::EventId::of(1, 2), "nyc", "fuzz_tlv", 1'750'000'000'000, {}, std::move(body)};
}

const std::string kHostile = "a\nb\r\x1b[2J \"q\" <!channel> & \xff \xe2\x80\xae x";

}  // namespace

TEST_CASE("The line of an alert reads from left to right: when, how bad, what, whom") {
  CHECK(alert_line(alert("Assert in parse")) ==
        "2025-06-15T15:06:40Z HIGH group.new 0123456789abcdef node=nyc target=fuzz_tlv kind=assert "
        "\"Assert in parse\" id=00000000000000010000000000000002");
}

TEST_CASE("A hostile title stays in its line, in its quotes, and controls no terminal") {
  const auto line = alert_line(alert(kHostile));
  CHECK(std::none_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
  CHECK(line.find("\xe2\x80\xae") == std::string::npos);
  CHECK(line.find("\\\"q\\\"") != std::string::npos);
  CHECK(alert_line(alert(std::string(100'000, 'x'))).size() < 1'000);
  auto event = alert("x");
  event.time_ms = UINT64_MAX;
  CHECK(alert_line(event).substr(0, 4) == "9999");
}

TEST_CASE("The body of a webhook is JSON with the event's id, whatever the title") {
  const auto body = json::parse(alert_json(alert(kHostile)));
  CHECK(body["id"] == "00000000000000010000000000000002");
  CHECK(body["version"] == 1);
  CHECK(body["alert"] == "group.new");
  CHECK(body["count"] == 3);
  const auto title = body["title"].get<std::string>();
  CHECK(std::none_of(title.begin(), title.end(), [](char c) { return c >= 0 && c < 0x20; }));
}

TEST_CASE("Slack gets text in which nothing of a crash is markup") {
  const auto body = json::parse(alert_slack(alert(kHostile)));
  CHECK(body.size() == 1);
  const auto text = body["text"].get<std::string>();
  CHECK(text.find('<') == std::string::npos);
  CHECK(text.find("&lt;!channel&gt; &amp;") != std::string::npos);
  CHECK(escape_slack("a<b>&c") == "a&lt;b&gt;&amp;c");
}

}  // namespace fuzzmill::workers
