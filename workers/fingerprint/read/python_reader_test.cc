#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

constexpr const char* kFrames =
    "Traceback (most recent call last):\n  File \"fuzz_cfg.py\", line 12, in TestOneInput\n    load(data)\n"
    "  File \"/lib/cfg/load.py\", line 40, in load\n    return section(data)[3]\n           "
    "~~~~~~~~~~~~~^^^\n"
    "  [Previous line repeated 2 more times]\n";

}  // namespace

TEST_CASE("a traceback is turned so that the innermost frame comes first") {
  const Report report = parse_report(std::string(kFrames) + "cfg.errors.Bad: line 7 of 'x.cfg'\n");
  CHECK(report.kind == "uncaught-exception");
  CHECK(report.language == "python");
  CHECK(report.message.starts_with("cfg.errors.Bad: line N"));
  REQUIRE(report.frames.size() == 2);
  CHECK(report.frames[0].function == "load");
  CHECK(report.frames[0].file == "/lib/cfg/load.py");
  CHECK(report.frames[0].line == 40);
}

TEST_CASE("Atheris names the exception first, and the exit that follows belongs to it") {
  const Reports reports = read_reports(
      "\n === Uncaught Python exception: ===\nIndexError: list index out of range\n" + std::string(kFrames) +
      "INFO: Instrumenting cfg\n==9== ERROR: libFuzzer: fuzz target exited\n"
      "    #0 0x1 in exit /x.c:1\nSUMMARY: libFuzzer: fuzz target exited\n");
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].kind == "uncaught-exception");
  CHECK(reports.all[0].message == "IndexError: list index out of range");
  CHECK(reports.all[0].frames.size() == 2);
  CHECK(reports.all[0].sanitizer == "libFuzzer");
}

TEST_CASE("of chained exceptions the last is the report, of logged ones too") {
  const std::string chained =
      std::string(kFrames) +
      "KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n" +
      "Traceback (most recent call last):\n  File \"b.py\", line 3, in outer\nValueError: no key\n";
  const Reports reports = read_reports(chained);
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].message == "ValueError: no key");
  CHECK(reports.all[0].frames.size() == 1);
  const Reports logged =
      read_reports(std::string(kFrames) + "KeyError: 'a'\nretrying\n" + kFrames + "TypeError: b\n");
  REQUIRE(logged.all.size() == 2);
  CHECK(logged.all[logged.primary].message == "TypeError: b");
}

TEST_CASE("a traceback is read behind a logger's prefix, cut off at its end or at its head") {
  std::string prefixed = "2024-05-01 12:00:07,123 app: ";
  for (char c : std::string(kFrames) + "KeyError: a")
    prefixed += c == '\n' ? std::string("\n2024-05-01 12:00:08,456 app: ") : std::string(1, c);
  CHECK(parse_report(prefixed).frames.size() == 2);
  CHECK(parse_report(prefixed).message == "KeyError: a");
  CHECK(parse_report(std::string(kFrames).substr(0, 120)).frames[0].function == "TestOneInput");
  const Report headless =
      parse_report("  File \"a.py\", line 1, in f\n    g()\n  File \"b.py\", line 2, in g\nOSError: x\n");
  CHECK(headless.kind == "uncaught-exception");
  REQUIRE(headless.frames.size() == 2);
  CHECK(headless.frames[0].function == "g");
}

TEST_CASE("of a deep recursion the inner frames are kept") {
  std::string text = "Traceback (most recent call last):\n";
  for (int i = 0; i < 3000; ++i) text += "  File \"a.py\", line " + std::to_string(i) + ", in f\n";
  const Report report = parse_report(text + "RecursionError: too deep\n");
  CHECK(report.frames.size() == kMaxKeptFrames);
  CHECK(report.frames[0].line == 2999);
}

TEST_CASE("the interpreter's own fatal error is read with its frames as they are") {
  const Report report = parse_report(
      "Fatal Python error: Segmentation fault\n\nThread 0x00007f00 (most recent call first):\n"
      "  File \"/lib/a.py\", line 5 in inner\n  File \"/lib/b.py\", line 6 in outer\n");
  CHECK(report.kind == "segv");
  REQUIRE(report.frames.size() == 2);
  CHECK(report.frames[0].function == "inner");
  CHECK(report.frames[0].line == 5);
}

TEST_CASE("PySecSan's finding is a security exception") {
  const Report report = parse_report(
      "===BUG DETECTED: PySecSan: Command Injection===\n  File \"a.py\", line 2, in main\n  File \"b.py\", "
      "line 9, in run\n");
  CHECK(report.kind == "security-exception");
  CHECK(report.message == "Command Injection");
  REQUIRE(report.frames.size() == 2);
  CHECK(report.frames[0].function == "run");
}
