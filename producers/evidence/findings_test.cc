#include "producers/evidence/findings.h"

#include <set>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

// A folder, a memory and a sink that are plain containers.
struct Bench {
  std::map<std::string, std::string> files;  // by path
  std::set<std::string> known;               // kind and content
  std::vector<Finding> published;
  std::vector<std::string> warnings;
  bool sink_works = true;
  Findings::Time now{1h};
  ArtifactPlaces places;
  Findings findings{make_options()};

  FindingsOptions make_options() {
    FindingsOptions options;
    places.add("/art", libfuzzer_artifact_names({"/art", "", std::nullopt}));
    places.add("/afl/crashes", [](std::string_view name) -> std::optional<ArtifactFacts> {
      if (name.substr(0, 3) != "id:") return std::nullopt;
      return ArtifactFacts{"crash", {}, false, 6};
    });
    options.places = &places;
    options.max_files = 6;
    options.max_reports = 2;
    options.read = [this](const std::filesystem::path& path) -> schema::Result<std::string> {
      const auto found = files.find(path.string());
      if (found == files.end()) return schema::not_found(path.string());
      return found->second;
    };
    options.known = [this](const std::string& kind, const schema::Sha256& content) {
      return known.count(kind + schema::hex(content)) != 0;
    };
    options.warn = [this](const std::string& text) { warnings.push_back(text); };
    return options;
  }
  std::string put(const std::string& bytes, const std::string& kind = "crash") {
    const std::string name = kind + "-" + sha1_hex(bytes);
    files["/art/" + name] = bytes;
    return name;
  }
  void see(const std::string& name, Findings::Sight sight) { findings.file_seen("/art/" + name, sight, now); }
  void settle(std::optional<ProcessEnd> ended = std::nullopt) {
    findings.settle(now, ended, [this](const Finding& finding) {
      if (!sink_works) return false;
      known.insert(finding.kind + schema::hex(finding.content));
      published.push_back(finding);
      return true;
    });
  }
  void report(const std::string& artifact, const std::string& text = "SUMMARY", std::uint64_t pid = 5) {
    findings.report_seen({text, artifact, pid, false}, now);
  }
};

const ProcessEnd kDied{5, true};

}  // namespace

TEST_CASE("artifact and report join in both orders and are offered once, with the end of their process") {
  for (const bool file_first : {true, false}) {
    Bench bench;
    const auto name = bench.put("boom");
    if (file_first) bench.see(name, Findings::Sight::kFresh);
    bench.report("somewhere/" + name, "the report");
    if (!file_first) bench.see(name, Findings::Sight::kFresh);
    bench.settle();
    CHECK(bench.published.empty());  // the exit code is a moment away
    bench.settle(kDied);
    REQUIRE(bench.published.size() == 1);
    CHECK(bench.published[0].artifact == name);
    CHECK(bench.published[0].kind == "crash");
    CHECK(bench.published[0].input == "boom");
    CHECK(bench.published[0].report == "the report");
    CHECK(bench.published[0].pid == 5);
    CHECK(bench.published[0].process_ended);
    CHECK(bench.findings.take_yield() == RunYield::kNewArtifact);
    CHECK(bench.findings.take_yield() == RunYield::kNothing);
    bench.settle(kDied);
    CHECK(bench.published.size() == 1);
    CHECK(bench.findings.waiting() == 0);
  }
}

TEST_CASE("a fuzzer that lives on does not hold its findings back for ever") {
  Bench bench;
  const auto joined = bench.put("joined"), bare = bench.put("bare"), slow = bench.put("slow", "slow-unit");
  bench.report("x/" + joined);
  bench.see(bare, Findings::Sight::kFresh);
  bench.findings.artifact_named("x/" + slow, bench.now);
  bench.settle();
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].kind == "slow-unit");
  bench.now = *bench.findings.next();
  bench.settle();
  REQUIRE(bench.published.size() == 2);
  CHECK(bench.published[1].report.has_value());
  CHECK_FALSE(bench.published[1].process_ended);
  bench.now = *bench.findings.next();
  bench.settle();
  REQUIRE(bench.published.size() == 3);
  CHECK_FALSE(bench.published[2].report.has_value());
}

TEST_CASE("a file is taken only when its content is what its name says") {
  Bench bench;
  const auto name = bench.put("whole");
  bench.files["/art/" + name] = "who";  // being written
  bench.see(name, Findings::Sight::kFresh);
  bench.report("x/" + name);
  bench.now += 10s;
  bench.settle();
  CHECK(bench.published.empty());
  bench.files["/art/" + name] = "whole";
  bench.see(name, Findings::Sight::kFresh);
  bench.now += 10s;
  bench.settle();
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].input == "whole");
}

TEST_CASE("a file that never became whole is not published; its report is") {
  Bench bench;
  const auto with_report = bench.put("one"), without = bench.put("two");
  bench.files["/art/" + with_report] = "";
  bench.files["/art/" + without] = "";
  bench.report("x/" + with_report, "text");
  bench.see(without, Findings::Sight::kFresh);
  bench.settle(kDied);
  REQUIRE(bench.published.size() == 1);
  CHECK_FALSE(bench.published[0].input.has_value());
  CHECK(bench.published[0].report == "text");
  CHECK(bench.warnings.size() == 2);
}

TEST_CASE("the same content is published once, whatever the fuzzer thinks is new") {
  Bench bench;
  const auto name = bench.put("same");
  for (int i = 0; i < 3; ++i) {
    bench.report("x/" + name);
    bench.see(name, Findings::Sight::kFresh);
    bench.settle(kDied);
    CHECK(bench.findings.take_yield() == (i == 0 ? RunYield::kNewArtifact : RunYield::kKnownArtifact));
  }
  CHECK(bench.published.size() == 1);
}

TEST_CASE("files of earlier runs are published at once, and are no yield of this one") {
  Bench bench;
  bench.see(bench.put("old 1"), Findings::Sight::kScanned);
  bench.see(bench.put("old 2", "timeout"), Findings::Sight::kScanned);
  bench.see("crash-nothing", Findings::Sight::kScanned);
  bench.see("README", Findings::Sight::kScanned);
  bench.settle();
  CHECK(bench.published.size() == 2);
  CHECK(bench.findings.take_yield() == RunYield::kNothing);
}

TEST_CASE("the log cannot make us publish a file outside the artifact folder") {
  Bench bench;
  bench.files["/etc/shadow"] = "secret";
  const std::string name = "crash-" + sha1_hex("secret");
  bench.files["/etc/" + name] = "secret";
  for (const std::string& path :
       {std::string("/etc/shadow"), "/etc/" + name, "../etc/" + name, std::string("..")}) {
    bench.findings.artifact_named(path, bench.now);
  }
  bench.settle(kDied);
  CHECK(bench.published.empty());
}

TEST_CASE("a sink that fails is asked again, and nothing is forgotten meanwhile") {
  Bench bench;
  bench.sink_works = false;
  bench.report("x/" + bench.put("kept"), "kept report");
  bench.settle(kDied);
  CHECK(bench.findings.waiting() == 1);
  bench.sink_works = true;
  bench.settle();
  CHECK(bench.published.empty());  // not before the retry is due
  bench.now = *bench.findings.next();
  bench.settle();
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].report == "kept report");
}

TEST_CASE("one report and one artifact that are left over at the end of one process belong together") {
  Bench bench;
  bench.see(bench.put("alone"), Findings::Sight::kFresh);
  bench.report("", "left over");
  bench.settle(kDied);
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].report == "left over");
  CHECK(bench.published[0].input == "alone");
}

TEST_CASE(
    "a process that died with a report and no artifact is a finding; reports of others and of a stop are "
    "not") {
  Bench bench;
  bench.report("", "mine", 5);
  bench.report("", "another's", 6);
  bench.settle(kDied);
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].report == "mine");
  CHECK(bench.published[0].artifact.empty());
  bench.report("", "while it was stopped", 5);
  bench.settle(ProcessEnd{5, false});
  CHECK(bench.published.size() == 1);
}

TEST_CASE("a file whose name says nothing of its content is taken when it was closed, or read twice alike") {
  Bench bench;
  const std::string closed = "/afl/crashes/id:000000,sig:06", found = "/afl/crashes/id:000001,sig:06";
  bench.files[closed] = "closed", bench.files[found] = "begu";
  bench.findings.file_seen(closed, Findings::Sight::kFresh, bench.now);
  bench.findings.file_seen(found, Findings::Sight::kScanned, bench.now);
  bench.findings.file_seen("/afl/crashes/README.txt", Findings::Sight::kFresh, bench.now);
  bench.settle();
  REQUIRE(bench.published.size() == 1);
  CHECK(bench.published[0].input == "closed");
  CHECK(bench.published[0].signal == 6);
  bench.files[found] = "begun and ended";
  for (const std::size_t expected : {1u, 2u}) {
    bench.now = *bench.findings.next();
    bench.settle();
    CHECK(bench.published.size() == expected);
  }
  CHECK(bench.published[1].input == "begun and ended");
}

TEST_CASE("files that wait are bounded, and it is said that there are more") {
  Bench bench;
  bench.sink_works = false;
  for (int i = 0; i < 9; ++i) {
    bench.see(bench.put(std::to_string(i)), Findings::Sight::kScanned);
  }
  CHECK(bench.findings.waiting() == 6);
  CHECK(bench.findings.take_overflow());
  CHECK_FALSE(bench.findings.take_overflow());
  bench.settle();
  CHECK(bench.findings.waiting() == 6);
  bench.sink_works = true;
  bench.now = *bench.findings.next();
  bench.settle();
  CHECK(bench.published.size() == 6);
}

TEST_CASE("reports that wait are bounded; the artifacts beyond are kept") {
  Bench bench;
  for (int i = 0; i < 5; ++i) bench.report("x/" + bench.put(std::to_string(i)));
  CHECK(bench.warnings.size() == 3);
  bench.settle(kDied);
  CHECK(bench.published.size() == 5);
}

}  // namespace fuzzmill::producers
