#include "tests/catch.h"
#include "workers/fingerprint/read/at_frame.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

constexpr const char* kJava =
    "\tat java.base/java.util.ArrayList.get(ArrayList.java:427)\n\tat "
    "org.example.Cfg$Part.read(Cfg.java:61)\n"
    "\tat org.example.Native.call(Native Method)\n\tat CfgFuzzer.fuzzerTestOneInput(CfgFuzzer.java:11)\n";

struct FrameCase {
  const char* text;
  const char* language;
  const char* function;
  const char* file;
  std::uint32_t line, column;
};

constexpr FrameCase kAtFrames[] = {
    {"java.base/java.util.ArrayList.get(ArrayList.java:427)", "java", "java.util.ArrayList.get",
     "ArrayList.java", 427, 0},
    {"app//org.example.A.<init>(A.kt:3) ~[a.jar:1.0]", "java", "org.example.A.<init>", "A.kt", 3, 0},
    {"org.example.A.f(Unknown Source:12)", "java", "org.example.A.f", "", 0, 0},
    {"parse (/srv/app/parse.js:27:9)", "javascript", "parse", "/srv/app/parse.js", 27, 9},
    {"async Object.run [as go] (file:///srv/a b.mjs:1:2)", "javascript", "Object.run", "file:///srv/a b.mjs",
     1, 2},
    {"new Reader (node:internal/reader:5:6)", "javascript", "new Reader", "node:internal/reader", 5, 6},
    {"/srv/app/core.ts:112:38", "javascript", "", "/srv/app/core.ts", 112, 38},
    {"Array.map (<anonymous>)", "javascript", "Array.map", "", 0, 0},
    {"Ns.A+<>c.<Go>b__0 (System.Int32 i) [0x00008] in /srv/a.cs:33 ", "csharp", "Ns.A+<>c.<Go>b__0",
     "/srv/a.cs", 33, 0},
    {"Ns.A.Go(String[] args) in /srv/a.cs:line 12", "csharp", "Ns.A.Go", "/srv/a.cs", 12, 0},
};

}  // namespace

TEST_CASE("a frame behind at is told apart by its language") {
  for (const FrameCase& wanted : kAtFrames) {
    INFO(wanted.text);
    Frame frame;
    CHECK(read_at_frame(wanted.text, frame) == wanted.language);
    CHECK(frame.function == wanted.function);
    CHECK(frame.file == wanted.file);
    CHECK(frame.line == wanted.line);
    CHECK(frame.column == wanted.column);
  }
  Frame frame;
  for (auto text : {"the end of the day", "", "home", "last (maybe)", "0x7f: f (a.c:6)"}) {
    INFO(text);
    CHECK(read_at_frame(text, frame).empty());
  }
}

TEST_CASE("Jazzer's, the virtual machine's and Android's uncaught exceptions are read") {
  const std::string exception = "java.lang.IllegalStateException: part 7 of 9\n" + std::string(kJava);
  for (std::string text :
       {"== Java Exception: " + exception, "Exception in thread \"main\" " + exception,
        "FATAL EXCEPTION: main\nProcess: org.example.app, PID: 711\n" + exception, "noise\n" + exception}) {
    INFO(text);
    const Report report = parse_report(text);
    CHECK(report.kind == "uncaught-exception");
    CHECK(report.language == "java");
    CHECK(report.message == "java.lang.IllegalStateException: part N of N");
    REQUIRE(report.frames.size() == 4);
    CHECK(report.frames[0].module == "java.base");
    CHECK(report.frames[1].function == "org.example.Cfg$Part.read");
    CHECK(report.frames[1].line == 61);
  }
}

TEST_CASE("Android's log prefix does not hide the stack") {
  std::string text = "05-01 10:00:00.123  1234  1250 E AndroidRuntime: ";
  for (char c : "FATAL EXCEPTION: main\nProcess: a.b, PID: 1234\njava.lang.Error: x\n" + std::string(kJava))
    text +=
        c == '\n' ? std::string("\n05-01 10:00:00.124  1234  1250 E AndroidRuntime: ") : std::string(1, c);
  const Report report = parse_report(text);
  CHECK(report.message == "java.lang.Error: x");
  CHECK(report.frames.size() == 4);
}

TEST_CASE("the outermost Java exception counts, unless it has no stack") {
  const Report caused =
      parse_report("== Java Exception: java.lang.RuntimeException: a\n" + std::string(kJava) +
                   "Caused by: java.io.IOException: b\n\tat org.example.Z.z(Z.java:1)\n\t... 3 more\n"
                   "== libFuzzer crashing input ==\n");
  CHECK(caused.message == "java.lang.RuntimeException: a");
  CHECK(caused.frames.size() == 4);
  const Report overflow = parse_report(
      "== Java Exception: com.code_intelligence.jazzer.api.FuzzerSecurityIssueLow: Stack overflow (use "
      "'-Xss9k')\n"
      "Caused by: java.lang.StackOverflowError\n" +
      std::string(kJava));
  CHECK(overflow.kind == "stack-overflow");
  CHECK(overflow.frames.size() == 4);
  CHECK(parse_report(
            "== Java Exception: com.code_intelligence.jazzer.api.FuzzerSecurityIssueHigh: SQL Injection\n" +
            std::string(kJava))
            .kind == "security-exception");
}

TEST_CASE("of handled exceptions in a log and one that was not, the latter is the report") {
  const Reports reports = read_reports("java.io.IOException: handled\n" + std::string(kJava) + "going on\n" +
                                       "== Java Exception: java.lang.Error: real\n" + std::string(kJava));
  REQUIRE(reports.all.size() == 2);
  CHECK(reports.primary == 1);
}

TEST_CASE("Jazzer.js and node are read") {
  const std::string stack =
      "    at parse (/srv/app/parse.js:27:9)\n    at module.exports.fuzz (/srv/app/fuzz.js:3:2)\n    at "
      "/srv/core.ts:1:2\n";
  const Report fuzzed = parse_report("==14== Uncaught Exception: Jazzer.js: no part\nError: no part\n" +
                                     stack + "MS: 1 Custom-; base unit: 0\n");
  CHECK(fuzzed.kind == "uncaught-exception");
  CHECK(fuzzed.language == "javascript");
  CHECK(fuzzed.message == "no part");
  CHECK(fuzzed.frames.size() == 3);
  const Report node =
      parse_report("/srv/app/parse.js:27\n    throw new TypeError('x');\n    ^\n\nTypeError: no part\n" +
                   stack + "\nNode.js v18.0.0\n");
  CHECK(node.kind == "uncaught-exception");
  CHECK(node.language == "javascript");
  CHECK(node.message == "TypeError: no part");
  REQUIRE(node.frames.size() == 3);
  CHECK(node.frames[0].function == "parse");
}

TEST_CASE("C# exceptions of mono and of .NET are read") {
  CHECK(parse_report("Unhandled Exception:\nSystem.FormatException: bad\n  at A.B (System.Int32 i) [0x00008] "
                     "in /a.cs:3 \n")
            .frames[0]
            .function == "A.B");
  const Report dotnet = parse_report(
      "Unhandled exception. System.FormatException: bad 7\n   at A.B(Int32 i) in /a.cs:line 3\n"
      "   at A.C()\n");
  CHECK(dotnet.language == "csharp");
  CHECK(dotnet.message == "System.FormatException: bad N");
  CHECK(dotnet.frames.size() == 2);
}

TEST_CASE("a Java stack whose head is cut off is read, and words that look like errors are not") {
  const Report headless = parse_report(kJava);
  CHECK(headless.kind == "unknown");
  CHECK(headless.frames.size() == 4);
  CHECK(read_reports("java.io.IOException: x\ngoing on\nError: y\nat home\n").all[0].kind == "unknown");
}
