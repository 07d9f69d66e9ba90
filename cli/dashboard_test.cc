#include "cli/dashboard_guard.h"
#include "cli/dashboard_page.h"
#include "cli/triage/escape.h"
#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("HTML escapes every character that could end text or an attribute") {
  CHECK(escape_html("<script>alert('x')</script> & \"y\"") ==
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;");
  CHECK(escape_html("a\x1b[0m\n\xff") == "a\\x1b[0m\\n\\xff");
}

TEST_CASE("nothing that a fuzzer says becomes markup of the page") {
  const std::string hostile = "\"><img src=x onerror=alert(1)><!--";
  PageFacts facts;
  facts.now_ms = 1'800'000'000'000;
  facts.problem = hostile;
  store::GroupRow row;
  row.group = row.kind = row.title = row.severity = row.archive = row.alerted = row.state = hostile;
  row.nodes = row.targets = {{hostile, 1}};
  facts.groups = {row};
  NodeView view;
  view.node.node = view.node.state = hostile;
  view.node.last_seen_ms = facts.now_ms;
  store::TargetRow target;
  target.node = target.target = hostile;
  target.sample.state = target.sample.state_reason = hostile;
  view.targets = {target};
  view.node.machine = target;
  view.node.machine->sample.disk_path = hostile, view.node.machine->sample.disk_percent = 5;
  view.node.alerts = {hostile};
  facts.nodes = {view};
  facts.stages = {{schema::Topic::kCrashFound, schema::Stage::kFingerprint, 1, 2, hostile}};
  const std::string page = page_html(facts);
  CHECK(!has(page, "<img"));
  CHECK(!has(page, "<!--"));
  CHECK(!has(page, hostile));
  CHECK(count(page, "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;!--") >= 10);
}

TEST_CASE("the page says what is there and what is wrong") {
  PageFacts facts;
  facts.problem = "Redis is away";
  const std::string page = page_html(facts);
  CHECK(has(page, "Redis is away"));
  CHECK(has(page, "No crashes yet."));
  CHECK(has(page, "http-equiv=\"refresh\""));
  CHECK(!has(page, "<script"));
  CHECK(has(page_policy(), "default-src 'none'; style-src 'sha256-"));
  // 32 bytes of SHA-256 in base64.
  const auto begin = page_policy().find("sha256-") + 7;
  CHECK(page_policy().find('\'', begin) - begin == 44);
  CHECK(page_policy()[begin + 43] == '=');
}

TEST_CASE("addresses are read, and those that others reach want a token") {
  CHECK(parse_listen("127.0.0.1:7410")->port == 7410);
  CHECK(parse_listen("[::1]:0")->host == "::1");
  for (const char* wrong :
       {"", "7410", "127.0.0.1", "127.0.0.1:", ":7410", "127.0.0.1:70000", "::1:80", "[::1"}) {
    INFO(wrong);
    CHECK(!parse_listen(wrong).ok());
  }
  CHECK(may_listen({"127.0.0.1", 1}, false).ok());
  CHECK(may_listen({"localhost", 1}, false).ok());
  CHECK(!may_listen({"0.0.0.0", 1}, false).ok());
  CHECK(!may_listen({"127.evil.example.com", 1}, false).ok());
  CHECK(may_listen({"0.0.0.0", 1}, true).ok());
}

TEST_CASE("without a token only requests for this machine are admitted, with one only those that carry it") {
  CHECK(admit("", "127.0.0.1:7410", "") == Entry::kAdmitted);
  CHECK(admit("", "localhost", "") == Entry::kAdmitted);
  CHECK(admit("", "[::1]:7410", "") == Entry::kAdmitted);
  CHECK(admit("", "evil.example:7410", "") == Entry::kWrongHost);
  CHECK(admit("", "", "") == Entry::kWrongHost);
  const std::string token = "0123456789abcdef";
  CHECK(admit(token, "any", "Bearer 0123456789abcdef") == Entry::kAdmitted);
  CHECK(admit(token, "any", "Basic bWU6MDEyMzQ1Njc4OWFiY2RlZg==") == Entry::kAdmitted);  // me:0123…
  CHECK(admit(token, "127.0.0.1", "") == Entry::kWrongToken);
  CHECK(admit(token, "any", "Bearer 0123456789abcdeF") == Entry::kWrongToken);
  CHECK(admit(token, "any", "Bearer 0123456789abcdef0123456789abcdef") == Entry::kWrongToken);
  CHECK(admit(token, "any", "Basic !!!") == Entry::kWrongToken);
}
