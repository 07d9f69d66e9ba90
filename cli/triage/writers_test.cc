// The writers for people and for code scanning: what they say, and that no report breaks out of them.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/triage/analyze_text.h"
#include "cli/triage/html_writer.h"
#include "cli/triage/issue_writer.h"
#include "cli/triage/json_writer.h"
#include "cli/triage/sample_crash.h"
#include "cli/triage/sarif_writer.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;
using Json = nlohmann::json;

namespace {

constexpr int kRounds = 300;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

template <class Make>
std::string written(const std::vector<TriagedGroup>& groups, Make make) {
  tests::TemporaryFolder folder;
  std::FILE* out = std::fopen((folder.path() / "out").c_str(), "w");
  auto writer = make(out);
  const bool good = writer.begin().ok() && writer.finish(groups).ok();
  std::fclose(out);
  REQUIRE(good);
  return folder.read("out");
}

std::string html(const std::vector<TriagedGroup>& groups) {
  return written(groups, [](std::FILE* out) { return HtmlWriter(out, 1'700'000'000'000); });
}
std::string sarif(const std::vector<TriagedGroup>& groups) {
  return written(groups, [](std::FILE* out) { return SarifWriter(out, "/src"); });
}

// Every tag and comment as a browser would find them, outside our own style and script.
std::vector<std::string> tags(std::string page) {
  for (const std::string_view ours : {html_style(), html_script()}) {
    const auto at = page.find(ours);
    REQUIRE(at != std::string::npos);
    page.erase(at, ours.size());
  }
  std::vector<std::string> found;
  for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    found.push_back(page.substr(at, page.find('>', at) - at + 1));
  }
  return found;
}

std::string element(const std::string& page, const std::string& id) {
  const std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
  const auto begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

// Keys that an object of the standard may have, and those that it must have.
struct Shape {
  std::set<std::string> may, must;
};
void check_shape(const Json& object, const Shape& shape) {
  REQUIRE(object.is_object());
  for (const auto& [key, value] : object.items()) {
    CAPTURE(key);
    REQUIRE((shape.may.count(key) == 1 || shape.must.count(key) == 1));
  }
  for (const auto& key : shape.must) {
    CAPTURE(key);
    REQUIRE(object.contains(key));
  }
}

void check_location(const Json& location) {
  check_shape(location, {{"physicalLocation", "logicalLocations", "message"}, {}});
  if (!location.contains("physicalLocation")) return;
  const Json& physical = location["physicalLocation"];
  check_shape(physical, {{"region"}, {"artifactLocation"}});
  check_shape(physical["artifactLocation"], {{"uriBaseId"}, {"uri"}});
  const std::string uri = physical["artifactLocation"]["uri"];
  REQUIRE(uri.find_first_of(" \"<>\\^`{}|\n") == std::string::npos);
  REQUIRE((has(uri, ":") == (uri.compare(0, 8, "file:///") == 0)));
  if (!physical.contains("region")) return;
  check_shape(physical["region"], {{"startColumn"}, {"startLine"}});
  REQUIRE(physical["region"]["startLine"] >= 1);
}

void check_result(const Json& result, const Json& rules) {
  check_shape(result, {{"rank", "occurrenceCount", "partialFingerprints", "stacks", "attachments", "taxa",
                        "properties"},
                       {"ruleId", "ruleIndex", "level", "message", "locations"}});
  REQUIRE(rules.at(result["ruleIndex"].get<std::size_t>())["id"] == result["ruleId"]);
  const std::string level = result["level"];
  REQUIRE((level == "error" || level == "warning" || level == "note"));
  REQUIRE(result["message"]["text"].is_string());
  REQUIRE(result["locations"].size() == 1);
  REQUIRE(result["locations"][0].contains("physicalLocation"));
  for (const Json& location : result["locations"]) check_location(location);
  for (const auto& [name, digits] : result["partialFingerprints"].items()) REQUIRE(digits.is_string());
  for (const Json& stack : result.value("stacks", Json::array())) {
    check_shape(stack, {{"message"}, {"frames"}});
    for (const Json& frame : stack["frames"]) {
      check_shape(frame, {{"module"}, {"location"}});
      check_location(frame["location"]);
    }
  }
}

void check_sarif(const Json& log) {
  check_shape(log, {{"$schema"}, {"version", "runs"}});
  REQUIRE(log["version"] == "2.1.0");
  REQUIRE(log["runs"].size() == 1);
  const Json& run = log["runs"][0];
  check_shape(run, {{"taxonomies", "originalUriBaseIds", "columnKind"}, {"tool", "results"}});
  const Json& driver = run["tool"]["driver"];
  check_shape(driver, {{"version", "semanticVersion", "supportedTaxonomies", "rules"}, {"name"}});
  std::set<std::string> ids, taxa;
  for (const Json& taxon : run["taxonomies"][0]["taxa"]) REQUIRE(taxa.insert(taxon["id"]).second);
  for (const Json& rule : driver["rules"]) {
    check_shape(
        rule, {{"name", "shortDescription", "defaultConfiguration", "properties", "relationships"}, {"id"}});
    REQUIRE(ids.insert(rule["id"]).second);
    for (const Json& one : rule.value("relationships", Json::array()))
      REQUIRE(taxa.count(one["target"]["id"].get<std::string>()) == 1);
  }
  for (const Json& result : run["results"]) {
    check_result(result, driver["rules"]);
    for (const Json& one : result.value("taxa", Json::array()))
      REQUIRE(taxa.count(one["id"].get<std::string>()) == 1);
  }
}

}  // namespace

TEST_CASE("the HTML report holds its groups, its policy and nothing from elsewhere") {
  const std::string page = html({sample_group()});
  CHECK(has(page, "content=\"" + html_policy() + "\""));
  CHECK(has(html_policy(), "default-src 'none'"));
  CHECK(!has(html_policy(), "unsafe"));
  CHECK(!has(page, "src="));
  CHECK(!has(page, "@import"));
  CHECK(!has(page, "url("));
  CHECK(!has(html_script(), "innerHTML"));
  CHECK(count(page, "<style>") == 1);
  CHECK(has(page, std::string("<style>") + std::string(html_style()) + "</style>"));
  CHECK(has(page, std::string("<script>") + std::string(html_script()) + "</script>"));
  const Json rows = Json::parse(element(page, "rows"));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0][0] == "0123456789abcdef");
  CHECK(rows[0][4] == "Heap-buffer-overflow WRITE of size 4 in tlv::sum");
  CHECK(rows[0][7] == "/src/tlv.cc:12:3");
  const Json detail = Json::parse(element(page, "details"));
  const Json strings = Json::parse(element(page, "strings"));
  const Json& frames = detail["stacks"][0]["frames"];
  REQUIRE(frames.size() == 4);
  CHECK(strings[frames[0][3].get<std::size_t>()] == "interceptor");
  CHECK(frames[1][2] == 1);
  CHECK(strings[frames[1][0].get<std::size_t>()] == "tlv::sum(int)");
  CHECK(detail["stacks"][1]["title"] == "Allocated by");
}

TEST_CASE("an HTML report without groups is a report") {
  CHECK(Json::parse(element(html({}), "rows")).empty());
  CHECK(has(html({}), "0 crashes in 0 groups"));
}

TEST_CASE("no report makes an element of the HTML, or ends one") {
  HostileText hostile(11);
  const std::vector<TriagedGroup> plain(3, sample_group());
  const auto want = tags(html(plain));
  for (int i = 0; i < kRounds; ++i) {
    std::vector<TriagedGroup> groups = plain;
    for (TriagedGroup& group : groups) {
      group = hostile.group();
      group.security = true;
    }
    const std::string page = html(groups);
    REQUIRE(tags(page) == want);
    REQUIRE(Json::parse(element(page, "rows")).size() == 3);
    const std::string details = element(page, "details");
    REQUIRE(std::count(details.begin(), details.end(), '\n') == 3);
    REQUIRE(!has(page, "\u202e"));
    REQUIRE(!has(page, "\033"));
  }
}

TEST_CASE("SARIF has a rule for each kind and a result for each group") {
  TriagedGroup other = sample_group();
  other.representative.print.report.kind = "timeout";
  other.representative.print.report.frames.clear(), other.representative.print.stack = {};
  other.severity = schema::Severity::kLow, other.security = false;
  const Json log = Json::parse(sarif({sample_group(), other}));
  check_sarif(log);
  const Json& run = log["runs"][0];
  REQUIRE(run["results"].size() == 2);
  const Json& first = run["results"][0];
  CHECK(first["level"] == "error");
  CHECK(first["properties"]["security-severity"] == "8.0");
  CHECK(first["partialFingerprints"]["fuzzmillGroup/v1"] == "0123456789abcdef");
  CHECK(first["taxa"][0]["id"] == "787");
  const Json& place = first["locations"][0]["physicalLocation"];
  CHECK(place["artifactLocation"]["uri"] == "tlv.cc");
  CHECK(place["artifactLocation"]["uriBaseId"] == "SRCROOT");
  CHECK(place["region"]["startLine"] == 12);
  // Without a place of its own, the report stands in.
  CHECK(run["results"][1]["level"] == "note");
  CHECK(run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "logs/a.log");
  check_sarif(Json::parse(sarif({})));
}

TEST_CASE("SARIF is SARIF whatever the reports hold") {
  HostileText hostile(12);
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = sarif({hostile.group(), hostile.group(), sample_group()});
    check_sarif(Json::parse(text));
    REQUIRE(!has(text, "\u202e"));
  }
}

TEST_CASE("an issue says what happened, how bad it is and how to see it") {
  const std::string text = issue_markdown(sample_group());
  CHECK(text.compare(0, 51, "# Heap-buffer-overflow WRITE of size 4 in tlv::sum\n") == 0);
  CHECK(has(text, "<!-- fuzzmill:group=0123456789abcdef -->"));
  CHECK(has(text, "**Security:**"));
  CHECK(has(text, "| Severity | **HIGH** |"));
  CHECK(has(text, "#1  tlv::sum(int)  /src/tlv.cc:12:3"));
  CHECK(!has(text, "__asan_memcpy"));
  CHECK(has(text, "2 frames of the machinery around the bug are left out."));
  CHECK(has(text, "**Allocated by**"));
  CHECK(has(text, "repro.sh"));
  CHECK(has(text, "- `logs/b.log`"));
}

TEST_CASE("no report says anything in an issue outside code") {
  HostileText hostile(13);
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = issue_markdown(hostile.group());
    CAPTURE(text);
    // What is left without blocks and spans is ours.
    std::string left, fence;
    std::size_t begin = 0;
    for (std::size_t end; begin < text.size(); begin = end + 1) {
      end = text.find('\n', begin);
      const std::string line = text.substr(begin, end - begin);
      const std::string run(std::min(line.find_first_not_of('`'), line.size()), '`');
      if (fence.empty() && run.size() >= 3 && line == run + "text") {
        fence = run;
      } else if (!fence.empty() && line == fence) {
        fence.clear();
      } else if (fence.empty()) {
        left += line + "\n";
      }
    }
    REQUIRE(fence.empty());
    // The comment's id is of the letters of file_word() alone.
    REQUIRE(count(left, "\n<!-- fuzzmill:group=") == 1);
    const auto comment = left.find("\n<!-- ");
    REQUIRE(left.find("-->", comment) == left.find('\n', comment + 1) - 3);
    left.erase(comment, left.find('\n', comment + 1) - comment);
    std::string outside;
    for (std::size_t at = 0; at < left.size();) {
      const std::size_t size = std::min(left.find_first_not_of('`', at), left.size()) - at;
      if (size == 0) {
        outside += left[at++];
        continue;
      }
      // The end: a run of exactly that many.
      std::size_t end = at + size;
      for (std::size_t run = 0;; end += std::max<std::size_t>(run, 1)) {
        REQUIRE(end < left.size());
        REQUIRE(left[end] != '\n');
        run = std::min(left.find_first_not_of('`', end), left.size()) - end;
        if (run == size) break;
      }
      at = end + size;
    }
    for (const std::string_view bad : {"@", "evil", "alert", "<script", "<img", "fixes #", "GH-", "owner/",
                                       "pwned`", "\033", "\u202e", "](", "<details"}) {
      CAPTURE(bad, outside);
      REQUIRE(!has(outside, bad));
    }
    REQUIRE(!has(outside, "<!--"));
  }
}

TEST_CASE("issues are written once, replaced when they are ours and never over a file of others") {
  tests::TemporaryFolder folder;
  const std::string issues = (folder.path() / "issues").string();
  const auto write = [&](const TriagedGroup& group, bool dry_run) {
    std::FILE* tell = std::fopen((folder.path() / "told").c_str(), "w");
    OutputFolder out(issues, dry_run, tell);
    const bool good = IssueWriter(out).finish({group}).ok();
    std::fclose(tell);
    return std::pair(good, out.counts());
  };
  TriagedGroup group = sample_group();
  CHECK(write(group, true).first);
  CHECK(has(folder.read("told"), "would write"));
  CHECK(!std::filesystem::exists(issues));
  CHECK(write(group, false).second.written == 1);
  CHECK(folder.read("issues/0123456789abcdef.md") == issue_markdown(group));
  CHECK(write(group, false).second.same == 1);
  group.crashes = 7;
  CHECK(write(group, false).second.written == 1);
  CHECK(folder.read("issues/0123456789abcdef.md") == issue_markdown(group));
  folder.write("issues/0123456789abcdef.md", "my own notes");
  CHECK_FALSE(write(group, false).first);
  CHECK(folder.read("issues/0123456789abcdef.md") == "my own notes");
  std::filesystem::remove(folder.path() / "issues/0123456789abcdef.md");
  std::filesystem::create_symlink(folder.write("elsewhere", "x"),
                                  folder.path() / "issues/0123456789abcdef.md");
  CHECK_FALSE(write(group, false).first);
  CHECK(folder.read("elsewhere") == "x");
}

TEST_CASE("a run writes no more issues than its quota, the worst first, and the next run goes on") {
  tests::TemporaryFolder folder;
  const std::string issues = (folder.path() / "issues").string();
  std::vector<TriagedGroup> groups;  // as a writer gets them: the worst first
  for (const char* id : {"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"}) {
    groups.push_back(sample_group());
    groups.back().id = groups.back().representative.group = id;
  }
  const auto exists = [&](const char* id) {
    return std::filesystem::exists(folder.path() / "issues" / (std::string(id) + ".md"));
  };
  const auto left_after = [&](std::uint64_t quota) {
    OutputFolder out(issues, false, stdout);
    IssueWriter writer(out, quota);
    REQUIRE(writer.finish(groups).ok());
    return writer.left();
  };
  CHECK(left_after(1) == 2);
  CHECK(exists("aaaaaaaaaaaaaaaa"));
  CHECK_FALSE(exists("bbbbbbbbbbbbbbbb"));
  CHECK(left_after(1) == 1);
  CHECK(exists("bbbbbbbbbbbbbbbb"));
  CHECK_FALSE(exists("cccccccccccccccc"));
  CHECK(left_after(0) == 0);
  CHECK(exists("cccccccccccccccc"));
  CHECK(left_after(kIssueQuota) == 0);
}

TEST_CASE("analyze shows each frame with what became of it") {
  const std::string text = analyze_text(sample_crash(), {});
  CHECK(text.compare(0, 49, "Heap-buffer-overflow WRITE of size 4 in tlv::sum\n") == 0);
  CHECK(has(text, "HIGH, security\n  It writes past an object.\n"));
  CHECK(has(text, "- #0   __asan_memcpy  /bin/t+0x1f  [dropped: interceptor]\n"));
  CHECK(has(text, "  #1   tlv::sum(int)  /src/tlv.cc:12:3\n"));
  CHECK(has(text, "Allocated by"));
  CHECK(has(text, "WRITE of 4 bytes at 0x602000000054"));
  CHECK(has(text, std::string(64, 'b')));
  CHECK(!has(text, "\033"));
  CHECK(has(analyze_text(sample_crash(), {true}), "\033[2m"));
  CHECK(reports_text({sample_crash()}, {}).empty());
  CHECK(has(reports_text({sample_crash(), sample_crash()}, {}), "Reports in this file: 2"));
}

TEST_CASE("no report reaches the terminal with its control characters") {
  HostileText hostile(14);
  for (int i = 0; i < kRounds; ++i) {
    const TriagedGroup group = hostile.group();
    const std::string text = analyze_text(group.representative, {});
    for (const std::string_view bad : {"\033", "\u202e", "\u2028", "\xff", "\r", "\x7f"})
      REQUIRE(!has(text, bad));
  }
}

namespace {

void collect_keys(const Json& json, const std::string& parent, std::set<std::string>& keys) {
  if (json.is_array()) {
    for (const Json& one : json) collect_keys(one, parent, keys);
  } else if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      keys.insert(key);
      collect_keys(value, key, keys);
    }
  }
}

}  // namespace

TEST_CASE("docs/triage-json.md explains every key of the JSON and its version") {
  std::ifstream in(FUZZMILL_SOURCE_DIR "/docs/triage-json.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  std::set<std::string> keys = {"version", "crashes", "groups"};
  collect_keys(crash_json(sample_crash()), "", keys);
  collect_keys(group_json(sample_group()), "", keys);
  CHECK(keys.size() > 30);
  for (const std::string& key : keys) {
    CAPTURE(key);
    CHECK(has(page, "`" + key + "`"));
  }
  CHECK(has(page, "Version " + std::to_string(kTriageJsonVersion)));
}
