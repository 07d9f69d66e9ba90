#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

constexpr const char* kStack =
    "goroutine 7 [running, locked to thread]:\nexample.org/codec.(*Reader).take(0xc000012080, {0xc0001a, "
    "0x5})\n"
    "\t/src/codec/reader.go:41 +0x1d3\nexample.org/codec.Decode(...)\n\t/src/codec/decode.go:19\n"
    "main.main()\n\t/src/main.go:8 +0x25\n\ngoroutine 9 [chan receive]:\nexample.org/pool.work(0xc0)\n"
    "\t/src/pool.go:5 +0x11\ncreated by example.org/pool.Start\n\t/src/pool.go:3 +0x9\nexit status 2\n";

struct Case {
  const char* text;
  const char* kind;
};

}  // namespace

TEST_CASE("a Go panic gives its kind, its message and the stack of the goroutine that panicked") {
  constexpr Case kCases[] = {
      {"panic: runtime error: index out of range [7] with length 5", "index-out-of-bounds"},
      {"panic: runtime error: slice bounds out of range [:9] with capacity 4", "slice-out-of-bounds"},
      {"panic: runtime error: makeslice: len out of range", "slice-out-of-bounds"},
      {"panic: runtime error: integer divide by zero", "divide-by-zero"},
      {"panic: interface conversion: interface {} is string, not int", "panic"},
      {"panic: codec: bad header 77", "panic"},
      {"panic: runtime error: invalid memory address or nil pointer dereference\n"
       "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x46a0f2]",
       "null-dereference"},
      {"fatal error: stack overflow", "stack-overflow"},
      {"fatal error: runtime: out of memory", "out-of-memory"},
      {"fatal error: all goroutines are asleep - deadlock!", "deadlock"},
      {"fatal error: concurrent map writes", "concurrent-map-access"},
      {"fatal error: something new", "fatal-error"},
      {"SIGSEGV: segmentation violation\nPC=0x46a0f2 m=0 sigcode=1 addr=0x18", "segv"},
  };
  for (const Case& wanted : kCases) {
    INFO(wanted.text);
    const Reports reports = read_reports(std::string(wanted.text) + "\n\n" + kStack);
    REQUIRE(reports.all.size() == 1);
    const Report& report = reports.all[0];
    CHECK(report.kind == wanted.kind);
    CHECK(report.language == "go");
    CHECK_FALSE(report.truncated);
    CHECK(report.text_begin == 0);
    REQUIRE(report.frames.size() == 3);
    CHECK(report.frames[0].function == "example.org/codec.(*Reader).take");
    CHECK(report.frames[0].file == "/src/codec/reader.go");
    CHECK(report.frames[0].line == 41);
    CHECK(report.frames[1].inlined);
    CHECK(report.frames[1].line == 19);
  }
  CHECK(parse_report(std::string(kCases[5].text) + "\n" + kStack).message == "codec: bad header N");
}

TEST_CASE("a nil dereference has its signal and address") {
  const Report report = parse_report(
      "panic: runtime error: invalid memory address or nil pointer dereference\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x46a0f2]\n\n" +
      std::string(kStack));
  CHECK(report.signal == "SIGSEGV");
  CHECK(report.address == 0x18);
  CHECK(report.pc == 0x46a0f2);
}

TEST_CASE("the abort that ends a Go panic belongs to it, a fault after it does not") {
  const std::string panic = "panic: boom\n\n" + std::string(kStack);
  for (auto end : {"==5== ERROR: libFuzzer: deadly signal\n    #0 0x4 in runtime.raise /go/sys.s:149\n",
                   "==5==ERROR: AddressSanitizer: ABRT on unknown address 0x1 (pc 0x2 bp 0x3 sp 0x4 T0)\n"
                   "    #0 0x4 in runtime.raise /go/sys.s:149\n==5==ABORTING\n"}) {
    const Reports reports = read_reports(panic + end);
    REQUIRE(reports.all.size() == 1);
    CHECK(reports.all[0].kind == "panic");
    CHECK(reports.all[0].frames.size() == 3);
    CHECK_FALSE(reports.all[0].sanitizer.empty());
  }
  CHECK(parse_report(panic +
                     "==5==ERROR: AddressSanitizer: SEGV on unknown address 0x1 (pc 0x2 bp 0x3 sp 0x4 T0)\n"
                     "    #0 0x4 in f /a.c:1\n==5==ABORTING\n")
            .kind == "null-dereference");
}

TEST_CASE("a panic that is raised again tells of the first") {
  const Report report = parse_report("panic: first [recovered]\n\tpanic: second\n\n" + std::string(kStack));
  CHECK(report.message == "first");
  CHECK(report.frames.size() == 3);
}

TEST_CASE("a Go panic is read behind a logger's prefix") {
  std::string text;
  for (char c : "panic: boom\n\n" + std::string(kStack))
    text += c == '\n' ? std::string("\nfuzz-1  | ") : std::string(1, c);
  const Report report = parse_report("fuzz-1  | " + text);
  CHECK(report.kind == "panic");
  REQUIRE(report.frames.size() == 3);
  CHECK(report.frames[2].function == "main.main");
}

TEST_CASE("a panic of another language is a cause like an assert") {
  const Report report =
      parse_report("panic: lost\n==5== ERROR: libFuzzer: deadly signal\n    #0 0x4 in f /a.c:1\n");
  CHECK(report.kind == "panic");
  CHECK(report.language.empty());
  REQUIRE(report.frames.size() == 1);
}

TEST_CASE("goroutines without a panic are no report") { CHECK(parse_report(kStack).kind == "unknown"); }
