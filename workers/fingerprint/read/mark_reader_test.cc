#include "workers/fingerprint/read/mark_reader.h"

#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;
using fuzzmill::schema::Mark;

TEST_CASE("a line says what its words mean, and no more") {
  CHECK(mark_of_line("MiraclePtr Status: PROTECTED") == Mark::kMiraclePtrProtected);
  CHECK_FALSE(mark_of_line("MiraclePtr Status: NOT PROTECTED"));
  CHECK(mark_of_line("== Java Exception: x.FuzzerSecurityIssueHigh: boom") == Mark::kSecurityIssueHigh);
  CHECK(mark_of_line("==1==Hint: pc points to the zero page.") == Mark::kNullPc);
  CHECK_FALSE(mark_of_line("==1==Hint: address points to the zero page."));
  CHECK(mark_of_line("==1==Hint: PC is at a non-executable region. Maybe a wild jump?") == Mark::kWildJump);
  CHECK(mark_of_line("[1:1:FATAL:a.cc(3)] Security DCHECK failed: p") == Mark::kSecurityDebugCheck);
  CHECK(mark_of_line("# Debug check failed: x == y.") == Mark::kDebugCheck);
}

TEST_CASE("the instruction that gdb shows tells returns, calls and jumps through a pointer") {
  CHECK(mark_of_line("=> 0x5555 <main+4>:\tret") == Mark::kFaultOnReturn);
  CHECK(mark_of_line("=> 0x5555 <main+4>:\tcallq  *%rax") == Mark::kFaultOnCall);
  CHECK(mark_of_line("=> 0x5555:\tjmp    *0x10(%rax)") == Mark::kFaultOnJump);
  CHECK_FALSE(mark_of_line("=> 0x5555 <main+4>:\tcall   0x1234 <f>"));
  CHECK_FALSE(mark_of_line("=> 0x5555 <main+4>:\tmov    (%rax),%eax"));
}

TEST_CASE("marks belong to the report that the text is about") {
  const Report report = parse_report(
      "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000034 at pc 0x1\n"
      "READ of size 4 at 0x602000000034 thread T0\n    #0 0x1 in f /a.c:1:1\n\n"
      "MiraclePtr Status: PROTECTED\nSUMMARY: AddressSanitizer: heap-use-after-free\n==7==ABORTING\n");
  CHECK(report.marks.has(Mark::kMiraclePtrProtected));
  CHECK_FALSE(report.marks.has(Mark::kNullPc));
}
