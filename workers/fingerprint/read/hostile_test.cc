// Any bytes are read without harm, and twice the text takes about twice the time.
#include <ctime>
#include <random>

#include "tests/catch.h"
#include "workers/fingerprint/fingerprint.h"
#include "workers/fingerprint/read/report_reader.h"
#include "workers/fingerprint/read/samples.h"
#include "workers/fingerprint/stack/function_name.h"

using namespace fuzzmill::workers;

namespace {

// A crash of each format, short.
constexpr std::string_view kFormats[] = {
    "panic: boom [recovered]\n\tpanic: boom\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 "
    "pc=0x46]\n\n"
    "goroutine 7 [running]:\na/b.(*T).f(0x1, {0x2})\n\t/s/b.go:41 +0x1d\na/b.g(...)\n\t/s/b.go:2\ncreated by "
    "a/b.h\n",
    "thread 'main' panicked at src/p.rs:3:1:\nindex 9\nstack backtrace:\n   0: core::f\n             at "
    "/r/f.rs:6:5\n"
    "thread 'main' panicked at 'old\n left: 1', src/p.rs:3:1\n",
    " === Uncaught Python exception: ===\nE: x\nTraceback (most recent call last):\n  File \"a.py\", line "
    "12, in f\n    g()\n"
    "E: x\n\nDuring handling of the above exception, another exception occurred:\n\n",
    "Fatal Python error: Aborted\n\nThread 0x7f (most recent call first):\n  File \"a.py\", line 5 in f\n",
    "== Java Exception: a.b.C: d\n\tat m/a.b.C.d(C.java:6)\nCaused by: x.Y: z\n\tat a.b(Native "
    "Method)\n\t... 3 more\n",
    "==1== Uncaught Exception: Jazzer.js: x\nError: x\n    at f (/a/b.js:2:9)\n    at async /a/b.js:1:2\n",
    "Unhandled Exception:\nS.E: x\n  at A.B (System.Int32 i) [0x00008] in /a.cs:3 \n",
    "Fatal signal 11 (SIGSEGV), code 1, fault addr 0x10 in tid 7\nAbort message: 'x'\nbacktrace:\n"
    "    #00 pc 00051994  /l/libc.so (offset 0x10) (f(int)+164) (BuildId: 0a)\n",
    "Thread 2 \"w\" received signal SIGSEGV, x.\n=> 0x55 <f+2>:\tmov    %edx,0x8(%rax,%rcx,4)\nrax           "
    " 0x8      8\n"
    "rcx            0x1      1\n#0  0x55 in f (a=1,\n    b=\"(\") at a.c:3\n#1  <signal handler called>\n"
    "Thread 2 (Thread 0x7f (LWP 9) \"w\"):\n#0  g () from /l.so\nsi_addr = 0x41\n",
    "==1== Invalid read of size 4\n==1==    at 0x1: f (a.c:1)\n==1==  Address 0x4a is 8 bytes inside a block "
    "of size 16 free'd\n"
    "==1==    by 0x2: ??? (in /l.so)\n==1== \n==1== Process terminating with default action of signal 11 "
    "(SIGSEGV)\n",
    "DESCRIPTION: AddressSanitizer: SEGV on unknown address 0x0\nSIGNAL: SIGABRT (6)\nPC: 0x1\nFAULT "
    "ADDRESS: 0x0\nSTACK:\n"
    " <0x01> [func:f (/s/t+0xf1) file:(BuildId line:98 module:]\n",
    "*** SIGSEGV (@0x10) received by PID 7\n    @ 0x56 f()\n./t(f+0x1d) [0x40]\n7    v    0x0000555f5ee31df0 "
    "f + 26\n"
    " f [0x00007FF9+58] (a.cc:3)\nReceived signal 11 SEGV_MAPERR 0010\n",
    "==7==ERROR: AddressSanitizer: stack-buffer-overflow on address 0x7f at pc 0x1\nWRITE of size 4 at 0x7f "
    "thread T0\n"
    "    #0 0x1 in f /a.c:1:2\nAddress 0x7f is located in stack of thread T0 at offset 48 in frame\n    #0 "
    "0x4f in h /b.c:9\n"
    "    [32, 48) 'buf' (line 12) <== Memory access at offset 48 overflows this variable\n"
    "0x1 is located 4 bytes after global variable 't' defined in 'x.c:3:5' (0x5) of size 16\n",
};

void check_bounds(const Fingerprint& print) {
  REQUIRE(print.report.frames.size() <= kMaxKeptFrames);
  REQUIRE(print.report.freed_by.size() <= kMaxEvidenceFrames);
  REQUIRE(print.report.allocated_by.size() <= kMaxEvidenceFrames);
  REQUIRE(print.report.message.size() <= kMaxMessageText);
  REQUIRE(print.report.kind.size() >= 3);
  REQUIRE(print.report.kind.size() <= 64);
  REQUIRE(print.signature.size() == 64);
  REQUIRE(print.report.other_side.size() <= kMaxEvidenceFrames);
  REQUIRE(print.report.text_begin <= print.report.text_end);
  REQUIRE(print.stack.frames.size() + print.stack.dropped.size() <= print.report.frames.size());
  for (const StackFrame& frame : print.stack.frames) {
    REQUIRE(frame.name.size() <= kMaxFunctionName);
    REQUIRE(frame.frame < print.report.frames.size());
  }
}

// Of the processor, not of the clock on the wall: other processes run beside a test.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double seconds_to_read(const std::string& text) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double begin = cpu_seconds();
    const Fingerprint print = fingerprint({text, {}, {}});
    best = std::min(best, cpu_seconds() - begin);
    check_bounds(print);
  }
  return best;
}

}  // namespace

TEST_CASE("random bytes are read within the bounds") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 4096, '\0');
    for (char& c : text) c = static_cast<char>(random());
    check_bounds(fingerprint({text, 1, {}}));
  }
}

TEST_CASE("mutated reports are read within the bounds") {
  std::mt19937 random(11);
  constexpr std::string_view kPieces[] = {"\n",
                                          "#0 0x1 in ",
                                          "ERROR: AddressSanitizer: ",
                                          "<",
                                          "(",
                                          "operator",
                                          "+0x",
                                          " of size ",
                                          "runtime error: ",
                                          "Assertion `",
                                          "SUMMARY: libFuzzer: ",
                                          "\x1b[",
                                          "\xff",
                                          "::",
                                          ")",
                                          "freed by"};
  for (const char* name : kLibFuzzerSamples) {
    const std::string original = sample(std::string("libfuzzer14-") + name);
    for (int round = 0; round < 60; ++round) {
      std::string text = original;
      for (int change = 0; change < 20; ++change) {
        const std::size_t at = random() % text.size();
        switch (random() % 4) {
          case 0:
            text[at] = static_cast<char>(random());
            break;
          case 1:
            text.erase(at, random() % 64);
            break;
          case 2:
            text.insert(at, kPieces[random() % std::size(kPieces)]);
            break;
          default:
            text.insert(at, text.substr(random() % text.size(), random() % 200));
            break;
        }
        if (text.empty()) text.assign(1, 'x');
      }
      check_bounds(fingerprint({text, {}, 6}));
    }
  }
}

TEST_CASE("crashes of every format are read within the bounds, however they are mangled") {
  std::mt19937 random(13);
  for (std::string_view original : kFormats) {
    for (int round = 0; round < 200; ++round) {
      std::string text(original);
      text += original;
      for (int change = 0; change < 8; ++change) {
        const std::size_t at = random() % text.size();
        switch (random() % 3) {
          case 0:
            text[at] = static_cast<char>(random());
            break;
          case 1:
            text.erase(at, random() % 32);
            break;
          default:
            text.insert(at, kFormats[random() % std::size(kFormats)].substr(0, random() % 120));
            break;
        }
        if (text.empty()) text.assign(1, 'x');
      }
      check_bounds(fingerprint({text, {}, 6}));
    }
    for (std::size_t size = 0; size <= original.size(); ++size) {
      check_bounds(fingerprint({original.substr(0, size), {}, {}}));
    }
  }
}

TEST_CASE("a report cut at any byte is read and never gets another kind than its own or none") {
  const std::string text = sample("libfuzzer14-use-after-free.log");
  for (std::size_t size = 0; size <= text.size(); size += 7) {
    const Report report = parse_report(std::string_view(text).substr(0, size));
    INFO(size);
    const bool own =
        report.kind == "heap-use-after-free" || report.kind == "unknown" || report.kind.starts_with("heap") ||
        std::string_view("heap-use-after-free").starts_with(report.kind) || report.kind == "unknown-crash";
    CHECK(own);
  }
}

TEST_CASE("the time to read grows with the length of the text and not with its square") {
  for (const char* piece : {"#0 0x1 in ",
                            "<",
                            "(",
                            "ERROR: AddressSanitizer: ",
                            "# ",
                            "runtime error: ",
                            "\x1b[",
                            "#0 0x1 in f<(",
                            "(((((a ",
                            "\n#0 0x1 in a<b>::c(d) /e/f.cc:1:1",
                            "\n==1==ERROR: AddressSanitizer: SEGV on ",
                            "\nDirect leak of ",
                            "\n",
                            "SUMMARY: ",
                            "Assertion `' failed",
                            " (BuildId: ",
                            "+0x1 ",
                            "operator< ",
                            "$_0::",
                            "/include/",
                            "<<a>:"}) {
    std::string small, large;
    while (small.size() < 200'000) small += piece;
    while (large.size() < 1'600'000) large += piece;
    const double ratio = seconds_to_read(large) / std::max(seconds_to_read(small), 0.0005);
    INFO(piece << " ratio " << ratio);
    CHECK(ratio < 8 * 4);  // 8 when linear, 64 when quadratic
  }
}
