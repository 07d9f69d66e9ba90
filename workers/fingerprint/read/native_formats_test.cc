// Valgrind, honggfuzz, and what programs print of themselves: plain frames and their own signal handlers.
#include "tests/catch.h"
#include "workers/fingerprint/read/line_prefix.h"
#include "workers/fingerprint/read/plain_frame.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

struct Case {
  const char* text;
  const char* kind;
};

struct PlainCase {
  const char* line;
  const char* function;
  const char* module;
  std::uint64_t offset;
  const char* file;
  std::uint32_t number;
};

constexpr PlainCase kPlain[] = {
    {"    @     0x5605333e2ca0  ns::Scene::draw(int)", "ns::Scene::draw(int)", "", 0, "", 0},
    {"    @     0x7f1200000000        208  draw", "draw", "", 0, "", 0},
    {"./viewer(draw+0x1d) [0x400a3d]", "draw", "./viewer", 0, "", 0},
    {"/lib/libc.so.6(+0x3c04f)[0x7f00003c04f0]", "", "/lib/libc.so.6", 0x3c04f, "", 0},
    {"7    viewer                0x0000555f5ee31df0 Scene.draw(at:) + 2648", "Scene.draw(at:)", "viewer", 0,
     "", 0},
    {"12   libSystem.dylib       0x00007fff9af635ac <unavailable> + 32258898", "", "libSystem.dylib",
     32258898, "", 0},
    {" ns::Scene::draw [0x00007FF9B2DDC1BA+58] (src/scene_win.cc:332)", "ns::Scene::draw", "", 0,
     "src/scene_win.cc", 332},
};

}  // namespace

TEST_CASE("frames without a number are read in the forms of their printers") {
  for (const PlainCase& wanted : kPlain) {
    INFO(wanted.line);
    Frame frame;
    REQUIRE(read_plain_frame(wanted.line, frame));
    CHECK(frame.function == wanted.function);
    CHECK(frame.module == wanted.module);
    CHECK(frame.offset == wanted.offset);
    CHECK(frame.file == wanted.file);
    CHECK(frame.line == wanted.number);
  }
  Frame frame;
  for (auto line : {"@", "@ home", "12 files read (ok)", "see [0x400a3d]", "a list [1, 2]", "f (a.c:6)",
                    "0x00 at (nil)", "3  apples + 4"}) {
    INFO(line);
    CHECK_FALSE(read_plain_frame(line, frame));
  }
}

TEST_CASE("a check's stack in glog's form is its report's, unless a signal's follows") {
  const std::string check =
      "F0501 10:00:00.123456   711 scene.cc:41] Check failed: a == b (1 vs. 2)\n"
      "*** Check failure stack trace: ***\n    @     0x5605 ns::Scene::draw()\n    @     0x5606 main\n";
  const Report report = parse_report(check);
  CHECK(report.kind == "check-failure");
  REQUIRE(report.frames.size() == 2);
  CHECK(report.frames[0].function == "ns::Scene::draw()");
  const Report signalled =
      parse_report(check + "==7== ERROR: libFuzzer: deadly signal\n    #0 0x1 in f /a.c:1\n");
  CHECK(signalled.kind == "check-failure");
  CHECK(signalled.frames.size() == 1);
}

TEST_CASE("programs' own signal handlers are read") {
  constexpr Case kCases[] = {
      {"*** SIGSEGV (@0x10) received by PID 711 (TID 0x7f) from PID 16; stack trace: ***",
       "null-dereference"},
      {"*** SIGSEGV received at time=1714550000 on cpu 3 ***\nPC: @     0x5605  (unknown)  draw()", "segv"},
      {"*** SIGFPE (@0x5605) received by PID 711; stack trace: ***", "fpe"},
      {"Received signal 11 SEGV_MAPERR 7f6b0c580000", "segv"},
      {"Received signal 11 SEGV_MAPERR 000000000010", "null-dereference"},
      {"Received signal 4 ILL_ILLOPN 5555556345eb", "illegal-instruction"},
  };
  for (const Case& wanted : kCases) {
    INFO(wanted.text);
    const Report report =
        parse_report(std::string(wanted.text) + "\n    @     0x5605 draw()\n    @     0x5606 main\n");
    CHECK(report.kind == wanted.kind);
    REQUIRE(report.frames.size() == 2);
    CHECK(report.frames[0].function == "draw()");
  }
}

TEST_CASE("Valgrind's records give kind, access, object and stacks") {
  constexpr Case kCases[] = {
      {"Invalid read of size 4", "heap-buffer-overflow"},
      {"Invalid free() / delete / delete[] / realloc()", "bad-free"},
      {"Mismatched free() / delete / delete []", "alloc-dealloc-mismatch"},
      {"Conditional jump or move depends on uninitialised value(s)", "use-of-uninitialized-value"},
      {"Syscall param write(buf) points to uninitialised byte(s)", "use-of-uninitialized-value"},
      {"Source and destination overlap in memcpy(0x1, 0x2, 9)", "memcpy-param-overlap"},
      {"Argument 'size' of function malloc has a fishy (possibly negative) value: -1", "negative-size-param"},
      {"16 bytes in 1 blocks are definitely lost in loss record 3 of 8", "memory-leak"},
  };
  for (const Case& wanted : kCases) {
    INFO(wanted.text);
    const Report report = parse_report(
        "==711== " + std::string(wanted.text) +
        "\n==711==    at 0x109A: draw (scene.c:12)\n==711==    by 0x10B0: ??? (in /usr/lib/libx.so)\n"
        "==711==  Address 0x4a4d060 is 0 bytes after a block of size 32 alloc'd\n"
        "==711==    at 0x483B: malloc (vg_replace_malloc.c:307)\n==711== \n");
    CHECK(report.kind == wanted.kind);
    CHECK(report.sanitizer == "Valgrind");
    REQUIRE(report.frames.size() == 2);
    CHECK(report.frames[0].function == "draw");
    CHECK(report.frames[0].line == 12);
    CHECK(report.frames[1].module == "/usr/lib/libx.so");
    CHECK(report.address == 0x4a4d060);
    CHECK(report.object.size == 32);
    CHECK(report.allocated_by.size() == 1);
  }
  const Report freed = parse_report(
      "==1== Invalid write of size 8\n==1==    at 0x1: f (a.c:1)\n==1==  Address 0x4a is 8 bytes inside a "
      "block of size 16 free'd\n==1==    at 0x2: free (vg.c:1)\n==1==  Block was alloc'd at\n"
      "==1==    at 0x3: malloc (vg.c:2)\n");
  CHECK(freed.kind == "heap-use-after-free");
  CHECK(freed.access == "WRITE");
  CHECK(freed.access_size == 8);
  CHECK(freed.freed_by.size() == 1);
  CHECK(freed.allocated_by.size() == 1);
  const Reports killed = read_reports(
      "==1== Invalid read of size 8\n==1==    at 0x1: f (a.c:1)\n==1==  Address 0x0 is not stack'd, malloc'd "
      "or (recently) free'd\n==1== \n==1== \n==1== Process terminating with default action of "
      "signal 11 (SIGSEGV)\n==1==  Access not within mapped region at address 0x0\n==1==    at 0x1: f "
      "(a.c:1)\n");
  REQUIRE(killed.all.size() == 2);
  CHECK(killed.all[0].kind == "null-dereference");
  CHECK(killed.all[1].signal == "SIGSEGV");
  CHECK(killed.all[1].frames.size() == 1);
}

TEST_CASE("honggfuzz's report has a crash in each of its sections") {
  const Reports reports = read_reports(
      "=====\nTIME: 2026-05-01.10:00:00\nFUZZER ARGS:\n timeout : 2 (sec)\nCRASH:\nDESCRIPTION: "
      "\nORIG_FNAME: a\n"
      "FUZZ_FNAME: SIGSEGV.PC.1.fuzz\nPID: 711\nSIGNAL: SIGSEGV (11)\nPC: 0x55aa\nFAULT ADDRESS: "
      "0x7001234\nINSTRUCTION: mov\n"
      "STACK HASH: 00ab\nSTACK:\n <0x000055aa> [func:draw file:/s/scene.c line:12 module:/s/viewer]\n"
      " <0x000055bb> [func:UNKNOWN file: line:0 module:/lib/libx.so]\n"
      " <0x000055cc> [func:start (/s/viewer+0xf1338) file:(BuildId line:98 module:]\n=====\n"
      "CRASH:\nDESCRIPTION: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x1 bp 0x2 sp "
      "0x3\nPID: 712\n"
      "SIGNAL: SIGABRT (6)\nPC: 0x1\nSTACK:\n <0x01> [func:take file:/s/t.c line:3 module:]\n=====\n");
  REQUIRE(reports.all.size() == 2);
  const Report& fault = reports.all[0];
  CHECK(fault.kind == "segv");
  CHECK(fault.address == 0x7001234);
  CHECK(fault.pc == 0x55aa);
  REQUIRE(fault.frames.size() == 3);
  CHECK(fault.frames[0].line == 12);
  CHECK(fault.frames[1].module == "/lib/libx.so");
  CHECK(fault.frames[2].function == "start");
  CHECK(fault.frames[2].offset == 0xf1338);
  CHECK(fault.frames[2].file.empty());
  CHECK(reports.all[1].kind == "heap-use-after-free");
  CHECK(reports.all[1].sanitizer == "AddressSanitizer");
}

TEST_CASE("a logger's prefix is stripped from lines of its shape and from no others") {
  LinePrefix prefix;
  prefix.learn("05-01 10:00:00  711 E app: text", 27);
  CHECK(prefix.strip("05-02 11:10:09 1711 E app: more") == "more");
  CHECK(prefix.strip("05-02 11:10:09 1711 W app: more") == "05-02 11:10:09 1711 W app: more");
  CHECK(prefix.strip("05-02 11:1").empty());
  LinePrefix none;
  CHECK(none.strip("  text") == "  text");
}
