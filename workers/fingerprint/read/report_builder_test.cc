// What a report keeps of hostile and of mixed texts: bounded, and each thing with the report that it is of.
#include <string>

#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;
using fuzzmill::schema::Mark;

namespace {

constexpr std::size_t kLittle = 64 * 1024;  // bytes: more than one crash's names take

std::size_t bytes_kept(const std::string& text) {
  const Reports reports = read_reports(text);
  return reports.all[reports.primary].texts->bytes();
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string asan(const std::string& kind, const std::string& inside) {
  return "==7==ERROR: AddressSanitizer: " + kind +
         " on address 0x602000000034 at pc 0x1\nREAD of size 4 at 0x602000000034 thread T0\n"
         "    #0 0x1 in f /a.c:1:1\n\n" +
         inside + "SUMMARY: AddressSanitizer: " + kind + "\n";
}

}  // namespace

TEST_CASE("what is thrown away is not kept in memory, however long the text is") {
  constexpr int kTimes = 20'000;
  SECTION("places of asserts that nobody died of") {
    CHECK(bytes_kept(repeated("t: /src/a/long/folder/t.cc:1: some_function: Assertion `a' failed.\n",
                              kTimes)) < kLittle);
  }
  SECTION("stacks above the next assert") {
    CHECK(bytes_kept(repeated("t: t.cc:1: f: Assertion `a' failed.\n    #0 0x1 in loose /src/a/b.c:7\n",
                              kTimes)) < kLittle);
  }
  SECTION("panics after as many reports as are kept") {
    CHECK(bytes_kept(repeated("thread 'main' panicked at /src/a/long/folder/lib.rs:1:2:\nboom\n", kTimes)) <
          4 * kLittle);
  }
  SECTION("places told again and again for one frame") {
    CHECK(bytes_kept("thread 'main' panicked at src/lib.rs:1:2:\nboom\nstack backtrace:\n   0: own::f\n" +
                     repeated("             at ./src/a/long/folder/own.rs:7:9\n", kTimes)) < kLittle);
  }
  SECTION("a debugger's first frame told again and again") {
    CHECK(bytes_kept("Program received signal SIGSEGV, Segmentation fault.\n" +
                     repeated("#0  0x1 in f () at /src/a/long/folder/a.c:7\nnoise\n", kTimes)) < kLittle);
  }
}

TEST_CASE("a place that follows a frame which was not kept changes no other frame") {
  std::string text = "panic: boom\n\ngoroutine 1 [running]:\n";
  for (std::size_t i = 0; i < kMaxKeptFrames + 10; ++i) {
    text += "main.f" + std::to_string(i) + "(0x1)\n\t/src/f" + std::to_string(i) +
            ".go:" + std::to_string(i + 1) + " +0x1f\n";
  }
  const Report report = parse_report(text + "exit status 2\n");
  REQUIRE(report.frames.size() == kMaxKeptFrames);
  const Frame& last = report.frames.back();
  CHECK(last.function == "main.f" + std::to_string(kMaxKeptFrames - 1));
  CHECK(last.file == "/src/f" + std::to_string(kMaxKeptFrames - 1) + ".go");
  CHECK(last.line == kMaxKeptFrames);
}

TEST_CASE("a mark belongs to the report that it stands in, not to the one that the process died of") {
  const Reports two = read_reports(asan("heap-use-after-free", "MiraclePtr Status: PROTECTED\n") +
                                   asan("heap-buffer-overflow", "==7==Hint: pc points to the zero page.\n") +
                                   "==7==ABORTING\n");
  REQUIRE(two.all.size() == 2);
  CHECK(two.all[0].marks.has(Mark::kMiraclePtrProtected));
  CHECK_FALSE(two.all[0].marks.has(Mark::kNullPc));
  CHECK(two.all[1].marks.has(Mark::kNullPc));
  CHECK_FALSE(two.all[1].marks.has(Mark::kMiraclePtrProtected));
}

TEST_CASE("a mark in the words of an exception or before a signal belongs to the report that these open") {
  const Reports java =
      read_reports(asan("heap-use-after-free", "") +
                   "== Java Exception: com.code_intelligence.jazzer.api.FuzzerSecurityIssueHigh: boom\n\tat "
                   "a.B.c(B.java:7)\n");
  REQUIRE(java.all.size() == 2);
  CHECK(java.all[0].marks.empty());
  CHECK(java.all[1].marks.has(Mark::kSecurityIssueHigh));
  const Reports check = read_reports(
      "a.c:1:2: runtime error: index 9 out of bounds for type 'int [3]'\n    #0 0x1 in g /a.c:1:2\n\n"
      "# Debug check failed: x == y.\n==9==ERROR: AddressSanitizer: ABRT on unknown address 0x1\n"
      "    #0 0x1 in f /a.c:1:1\n");
  REQUIRE(check.all.size() == 2);
  CHECK(check.all[0].marks.empty());
  CHECK(check.all[1].marks.has(Mark::kDebugCheck));
}
