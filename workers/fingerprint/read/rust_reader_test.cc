#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

constexpr const char* kSignal =
    "==5== ERROR: libFuzzer: deadly signal\n    #0 0x4 in abort /x/abort.c:1\n    #1 0x5 in parse::run "
    "src/parse.rs:7:9\n";

constexpr const char* kBacktrace =
    "stack backtrace:\n   0: rust_begin_unwind\n             at "
    "/rustc/90b35a/library/std/src/panicking.rs:645:5\n"
    "   1: core::panicking::panic_fmt\n             at /rustc/90b35a/library/core/src/panicking.rs:72:14\n"
    "   2: parse::header\n             at ./src/parse.rs:31:18\n"
    "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n";

}  // namespace

TEST_CASE("a Rust panic is read in the wording before and since 1.73") {
  for (auto text :
       {"thread 'main' panicked at src/parse.rs:31:18:\nindex 9 of 4\n",
        "thread '<unnamed>' (711) panicked at src/parse.rs:31:18:\nindex 9 of 4\n",
        "thread 'main' panicked at 'index 9 of 4', src/parse.rs:31:18\n",
        "thread 'main' panicked at 'index 9 of 4\n  left: `1`,\n right: `2`', src/parse.rs:31:18\n"}) {
    INFO(text);
    const Report alone = parse_report(text);
    CHECK(alone.kind == "panic");
    CHECK(alone.language == "rust");
    CHECK(alone.message == "index N of N");
    REQUIRE(alone.frames.size() == 1);  // the place stands in for the stack
    CHECK(alone.frames[0].file == "src/parse.rs");
    CHECK(alone.frames[0].line == 31);
    const Reports signalled = read_reports(text + std::string(kSignal));
    REQUIRE(signalled.all.size() == 1);
    CHECK(signalled.all[0].kind == "panic");
    CHECK(signalled.all[0].sanitizer == "libFuzzer");
    CHECK(signalled.all[0].frames.size() == 2);
  }
}

TEST_CASE("a Rust backtrace is the stack, with addresses and without") {
  const std::string panic = "thread 'main' panicked at src/parse.rs:31:18:\nboom\n";
  const Report report = parse_report(panic + kBacktrace + kSignal);
  CHECK(report.kind == "panic");
  REQUIRE(report.frames.size() == 3);
  CHECK(report.frames[2].function == "parse::header");
  CHECK(report.frames[2].file == "./src/parse.rs");
  CHECK(report.frames[2].line == 31);
  CHECK(report.frames[2].column == 18);
  const Report full = parse_report(panic +
                                   "stack backtrace:\n   0:     0x55d0a1 - parse::header::h0123456789abcdef\n"
                                   "                               at /src/parse.rs:31:18\n"
                                   "  11:     0x7f00a1 - <unknown>\n");
  REQUIRE(full.frames.size() == 1);
  CHECK(full.frames[0].function == "parse::header::h0123456789abcdef");
  CHECK(full.frames[0].line == 31);
}

TEST_CASE("a Rust panic whose message is lost is a panic") {
  CHECK(parse_report("thread 'main' panicked at src/parse.rs:31:18:\n" + std::string(kSignal)).kind ==
        "panic");
  CHECK(parse_report("thread 'main' panicked at src/parse.rs:31:18:\n" + std::string(kSignal)).sanitizer ==
        "libFuzzer");
  CHECK(parse_report("thread 'main' panicked at 'never closed\n" + std::string(kSignal)).frames.size() == 2);
  CHECK(parse_report("thread 'main' panicked at 'never closed").message == "never closed");
}

TEST_CASE("a Rust program out of stack or memory is no plain abort") {
  CHECK(parse_report("\nthread 'main' has overflowed its stack\nfatal runtime error: stack overflow\n" +
                     std::string(kSignal))
            .kind == "stack-overflow");
  CHECK(parse_report("memory allocation of 18446744073709 bytes failed\n" + std::string(kSignal)).kind ==
        "out-of-memory");
}

TEST_CASE("a memory error after a caught Rust panic is the crash") {
  const Reports reports = read_reports(
      "thread 'main' panicked at src/parse.rs:31:18:\ncaught\n==5==ERROR: AddressSanitizer: "
      "heap-use-after-free on "
      "address 0x602 at pc 0x1 bp 0x2 sp 0x3\n    #0 0x4 in f /a.rs:1\n");
  REQUIRE(reports.all.size() == 2);
  CHECK(reports.all[reports.primary].kind == "heap-use-after-free");
}
