#include "producers/engine/libfuzzer_log.h"

#include <fstream>
#include <sstream>

#include "producers/engine/libfuzzer_status.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream in(std::string(FUZZMILL_SOURCE_DIR) + "/producers/engine/testdata/" + name + ".txt");
  REQUIRE(in.good());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Told {
  std::vector<StatusSeen> status;
  std::vector<ReportSeen> reports;
  std::vector<ArtifactSeen> artifacts;
  std::vector<DoneSeen> done;
  std::vector<InitialisedSeen> initialised;
  std::vector<UninstrumentedSeen> uninstrumented;
  std::vector<MergeSeen> merge;
  std::vector<JobEndedSeen> jobs;
};

Told told(const std::vector<LogEvent>& events) {
  Told all;
  for (const auto& event : events) {
    if (const auto* e = std::get_if<StatusSeen>(&event)) all.status.push_back(*e);
    if (const auto* e = std::get_if<ReportSeen>(&event)) all.reports.push_back(*e);
    if (const auto* e = std::get_if<ArtifactSeen>(&event)) all.artifacts.push_back(*e);
    if (const auto* e = std::get_if<DoneSeen>(&event)) all.done.push_back(*e);
    if (const auto* e = std::get_if<InitialisedSeen>(&event)) all.initialised.push_back(*e);
    if (const auto* e = std::get_if<UninstrumentedSeen>(&event)) all.uninstrumented.push_back(*e);
    if (const auto* e = std::get_if<MergeSeen>(&event)) all.merge.push_back(*e);
    if (const auto* e = std::get_if<JobEndedSeen>(&event)) all.jobs.push_back(*e);
  }
  return all;
}

Told read(const std::string& text, std::size_t piece = std::string::npos, LogLimits limits = {}) {
  LibfuzzerLog log(limits);
  std::vector<LogEvent> events;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
    log.feed(std::string_view(text).substr(at, piece), events);
  }
  log.finish(events);
  return told(events);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a bug within the report of a bug is a report, though it has no PID") {
  const auto all = read("AddressSanitizer: nested bug in the same thread, aborting.\n");
  REQUIRE(all.reports.size() == 1);
  CHECK(has(all.reports[0].text, "nested bug"));
}

TEST_CASE("every kind of libFuzzer's findings gives one report joined with its artifact, in both versions") {
  struct Row {
    const char* file;
    const char* artifact;  // how its name starts
    const char* first;     // the report must hold it: what says the kind
    const char* last;
  };
  const Row rows[] = {
      {"as", "crash-", "Assertion `n<2", "SUMMARY: libFuzzer: deadly signal"},
      {"lk", "leak-", "LeakSanitizer: detected memory leaks", "77 byte(s) leaked"},
      {"mm", "oom-", "out-of-memory (malloc(", "SUMMARY: libFuzzer: out-of-memory"},
      {"nu", "crash-", "AddressSanitizer: SEGV", "SUMMARY: AddressSanitizer: SEGV"},
      {"ov", "crash-", "heap-buffer-overflow", "ABORTING"},
      {"rs", "oom-", "out-of-memory (used:", "SUMMARY: libFuzzer: out-of-memory"},
      {"so", "crash-", "stack-overflow", "SUMMARY: AddressSanitizer: stack-overflow"},
      {"to", "timeout-", "libFuzzer: timeout after", "SUMMARY: libFuzzer: timeout"},
      {"ua", "crash-", "heap-use-after-free", "previously allocated by"},
      {"xx", "crash-", "fuzz target exited", "SUMMARY: libFuzzer: fuzz target exited"},
  };
  for (const std::string version : {"libfuzzer-14/", "libfuzzer-19/"}) {
    for (const auto& row : rows) {
      INFO(version << row.file);
      const auto log = read(fixture(version + row.file));
      REQUIRE(log.reports.size() == 1);
      const auto& report = log.reports.front();
      CHECK(has(report.artifact, std::string("/") + row.artifact));
      CHECK(has(report.text, row.first));
      CHECK(has(report.text, row.last));
      CHECK_FALSE(has(report.text, "INFO: Seed"));
      CHECK(report.pid.has_value());
      CHECK_FALSE(report.truncated);
      CHECK(log.artifacts.empty());
    }
    INFO(version << "sl");
    const auto slow = read(fixture(version + "sl"));
    CHECK(slow.reports.empty());
    REQUIRE(slow.artifacts.size() == 1);
    CHECK(has(slow.artifacts.front().path, "/slow-unit-"));
    REQUIRE(slow.done.size() == 1);
    CHECK(slow.done.front().executions == 2);
  }
}

TEST_CASE("the log may come in any pieces") {
  for (const std::string file : {"libfuzzer-14/to", "libfuzzer-14/rs", "libfuzzer-19/ok"}) {
    const auto whole = read(fixture(file));
    for (const std::size_t piece : {1u, 7u, 100u}) {
      const auto parts = read(fixture(file), piece);
      REQUIRE(parts.reports.size() == whole.reports.size());
      CHECK(parts.reports.front().text == whole.reports.front().text);
      CHECK(parts.reports.front().artifact == whole.reports.front().artifact);
      CHECK(parts.status.size() == whole.status.size());
    }
  }
}

TEST_CASE("a run without findings tells its figures") {
  const auto log = read(fixture("libfuzzer-19/nx"));
  CHECK(log.reports.empty());
  REQUIRE(log.status.size() == 3);
  CHECK(log.status.back().executions == 2791432);
  CHECK(log.status.back().coverage == 2);
  CHECK(log.status.back().corpus_files == 1);
  CHECK(log.status.back().exec_per_second == 930477);
  CHECK(log.done.size() == 1);
}

TEST_CASE("being stopped by a signal is no finding") {
  for (const char* file : {"libfuzzer-19/sig_TERM", "libfuzzer-19/sig_USR1"}) {
    const auto log = read(fixture(file));
    CHECK(log.reports.empty());
    CHECK(log.artifacts.empty());
  }
}

TEST_CASE(
    "fork mode: the first crash brings its child's log; ignored crashes are one line each, of their pid") {
  const auto first = read(fixture("libfuzzer-19/fork-firstcrash"));
  REQUIRE(first.reports.size() == 1);
  CHECK(has(first.reports[0].artifact, "oa6/crash-9abd9c1ae23f40b742e15f9db246bb6b41168536"));
  CHECK(first.reports[0].pid == 29372);
  const auto ignored = read(fixture("libfuzzer-19/fork-ignore_crashes"));
  CHECK(ignored.reports.size() == 14);
  for (const auto& report : ignored.reports) CHECK(report.artifact.empty());
  CHECK(ignored.reports[1].pid == 16800);
  CHECK(ignored.status.back().executions == 769359);
  CHECK(read(fixture("libfuzzer-19/fork-clean")).status.front().corpus_files == 1);
}

TEST_CASE("fork mode counts what it found, and a corpus that grows is a new path") {
  const auto log = read(fixture("libfuzzer-19/fork-ignore_crashes"));
  CHECK(log.status.front().crashes == 0);
  CHECK_FALSE(log.status.front().new_path);
  CHECK(log.status[1].new_path);
  CHECK(log.status.back().crashes == 13);
  CHECK(log.status.back().timeouts == 0);
  CHECK(log.status.back().ooms == 0);
  CHECK_FALSE(log.status.back().new_path);
  CHECK(log.initialised.size() == 1);
  const auto older = read(fixture("libfuzzer-14/fork-clean"));
  REQUIRE(older.status.size() == 3);
  CHECK(older.status.back().executions == 320116);
  CHECK(older.status.back().exec_per_second == 40796);
  CHECK(older.status.back().crashes == 0);
  const auto line = parse_status(
      "#857: cov: 14 ft: 14 corp: 1 exec/s: 77 oom/timeout/crash: 1/2/3 time: 12s job: 1 dft_time: 0");
  REQUIRE(line.has_value());
  CHECK(line->ooms == 1);
  CHECK(line->timeouts == 2);
  CHECK(line->crashes == 3);
}

TEST_CASE("replaying seeds and fuzzing are told apart by INITED") {
  LibfuzzerLog log;
  std::vector<LogEvent> events;
  log.feed("#1\tpulse  exec/s: 0 rss: 30Mb\n", events);
  CHECK_FALSE(log.initialised());
  log.feed("#2\tINITED cov: 2 ft: 2 corp: 1/1b exec/s: 0 rss: 34Mb\n#3\tNEW    cov: 3 exec/s: 0 rss: 34Mb\n",
           events);
  CHECK(log.initialised());
  const auto all = told(events);
  REQUIRE(all.initialised.size() == 1);
  CHECK(all.initialised[0].executions == 2);
  CHECK_FALSE(all.status[1].new_path);
  CHECK(all.status[2].new_path);
  log.finish(events);
  CHECK_FALSE(log.initialised());
  CHECK(read(fixture("libfuzzer-19/nx")).initialised.size() == 1);
}

TEST_CASE("an uninstrumented target is told in the words of any version") {
  for (const char* line :
       {"WARNING: no interesting inputs were found so far. Is the code instrumented for coverage?\n",
        "ERROR: no interesting inputs were found. Is the code instrumented for coverage? Exiting.\n"}) {
    const auto log = read(line);
    CHECK(log.uninstrumented.size() == 1);
    CHECK(log.reports.empty());
  }
  CHECK(read("target says: no interesting inputs were found\n").uninstrumented.empty());
}

TEST_CASE("a merge tells its steps, and the parent of jobs how each ended") {
  const auto merge = read(fixture("libfuzzer-19/merge")).merge;
  REQUIRE(merge.size() == 3);
  CHECK(merge[0].files == 13);
  CHECK(merge[1].attempt == 1);
  CHECK(merge[2].new_files == 7);
  const auto jobs = read(
                        "================== Job 3 exited with exit code 77 ============\n"
                        "================== Job x exited with exit code 77 ============\n")
                        .jobs;
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].job == 3);
  CHECK(jobs[0].exit_code == 77);
}

TEST_CASE("the log of a job that its parent copies tells no figures a second time") {
  const auto job = fixture("libfuzzer-19/nx");
  const auto parent = read("================== Job 0 exited with exit code 0 ============\n" + job);
  REQUIRE(parent.status.size() == 3);
  for (const auto& status : parent.status) CHECK(status.copied);
  CHECK(parent.done.empty());
  CHECK(parent.initialised.empty());
  CHECK_FALSE(read(job).status.front().copied);
  const auto crash =
      read("================== Job 0 exited with exit code 1 ============\n" + fixture("libfuzzer-19/ua"));
  REQUIRE(crash.reports.size() == 1);  // joined with its artifact as ever
  CHECK(has(crash.reports[0].artifact, "crash-"));
}

TEST_CASE("reports of two processes are two, and a new report after a summary is a new one") {
  const auto two =
      read("==1== ERROR: libFuzzer: deadly signal\n==2==ERROR: AddressSanitizer: SEGV\nSUMMARY: x\n");
  REQUIRE(two.reports.size() == 2);
  CHECK(two.reports[0].pid == 1);
  CHECK(two.reports[1].pid == 2);
  const auto later = read(
      "a.cc:1:2: runtime error: division by zero\n    #0 0x1 in f a.cc:1\nSUMMARY: "
      "UndefinedBehaviorSanitizer: x\n"
      "==7==ERROR: AddressSanitizer: SEGV\nSUMMARY: AddressSanitizer: SEGV\n"
      "artifact_prefix='./'; Test unit written to ./crash-1\n");
  REQUIRE(later.reports.size() == 2);
  CHECK(later.reports[0].artifact.empty());
  CHECK(later.reports[1].artifact == "./crash-1");
}

TEST_CASE("with log_path the log has the artifact alone") {
  const auto log =
      read("MS: 0 ; base unit: 00\nartifact_prefix='o/'; Test unit written to o/crash-1\nBase64: QQ==\n");
  CHECK(log.reports.empty());
  REQUIRE(log.artifacts.size() == 1);
  CHECK(log.artifacts[0].path == "o/crash-1");
}

TEST_CASE("memory is bounded: long lines are cut, long reports lose their middle and say so") {
  LogLimits limits;
  limits.line_bytes = 100, limits.report_head = 1000, limits.report_tail = 500;
  std::string text = "==5==ERROR: AddressSanitizer: stack-overflow\n" + std::string(100'000, 'x') + "\n";
  for (int i = 0; i < 10'000; ++i) text += "    #" + std::to_string(i) + " 0x1 in recurse\n";
  text += "SUMMARY: AddressSanitizer: stack-overflow\nartifact_prefix=''; Test unit written to crash-1\n";
  const auto log = read(text, 333, limits);
  REQUIRE(log.reports.size() == 1);
  const auto& report = log.reports[0];
  CHECK(report.truncated);
  CHECK(report.text.size() < 1000 + 500 + 100);
  CHECK(report.text.substr(0, 44) == text.substr(0, 44));
  CHECK(has(report.text, "bytes left out"));
  CHECK(has(report.text, "SUMMARY: AddressSanitizer"));
  CHECK(report.artifact == "crash-1");
}

TEST_CASE("status lines of old and new wording are read, and what only looks like one is not") {
  const auto old =
      parse_status("#2\tNEW    cov: 3 ft: 4 corp: 2/5Kb lim: 4 exec/s: 7 rss: 33Mb L: 4/4 MS: 2 X-");
  REQUIRE(old.has_value());
  CHECK(old->event == "NEW");
  CHECK(old->features == 4);
  CHECK(old->corpus_bytes == 5 * 1024);
  CHECK(old->peak_rss_mb == 33);
  const auto trunk =
      parse_status("#16\tpulse  cov: 3 ft: 3 corp: 2/5MB focus: 1 lim: 4 units: 9 exec/s: 8 rss: 33MB");
  REQUIRE(trunk.has_value());
  CHECK(trunk->corpus_bytes == 5u << 20);
  const auto bare = parse_status("#2\tpulse  ft: 16 exec/s: 0 rss: 32Mb");
  REQUIRE(bare.has_value());
  CHECK_FALSE(bare->coverage.has_value());
  CHECK_FALSE(bare->corpus_files.has_value());
  const auto fork =
      parse_status("#857: cov: 14 ft: 14 corp: 1 exec/s: 77 oom/timeout/crash: 0/0/0 time: 12s job: 1");
  REQUIRE(fork.has_value());
  CHECK(fork->event == "fork");
  for (const char* text :
       {"", "#", "#5", "#x\tNEW", "#5\tOTHER exec/s: 1 rss: 1Mb", "#5 0x1 in f", "#5\tNEW cov: 1",
        "#99999999999999999999\tNEW exec/s: 1 rss: 1Mb", "    #0 0x1 in f"}) {
    CHECK_FALSE(parse_status(text).has_value());
  }
}

}  // namespace fuzzmill::producers
