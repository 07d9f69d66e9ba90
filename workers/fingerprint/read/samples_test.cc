// The readers on real output: fixtures of testdata/, made by LLVM 14 and 19, gcc and honggfuzz.
#include "workers/fingerprint/read/samples.h"
#include "tests/catch.h"
#include "workers/fingerprint/fingerprint.h"

using namespace fuzzmill::workers;

namespace {

struct Wanted {
  const char* kind;
  const char* access;
  std::uint64_t size;
  const char* site;  // the innermost frame that counts
};

// In the order of kLibFuzzerSamples.
constexpr Wanted kWanted[] = {
    {"assert", "", 0, "LLVMFuzzerTestOneInput"},
    {"memory-leak", "", 0, "LLVMFuzzerTestOneInput"},
    {"out-of-memory", "", 0, "LLVMFuzzerTestOneInput"},
    {"null-dereference", "WRITE", 0, "do_null"},
    {"heap-buffer-overflow", "WRITE", 20, "do_overflow"},
    {"out-of-memory", "", 0, "LLVMFuzzerTestOneInput"},
    {"unexpected-exit", "", 0, "LLVMFuzzerTestOneInput"},
    {"timeout", "", 0, "LLVMFuzzerTestOneInput"},
    {"heap-use-after-free", "WRITE", 1, "do_uaf"},
    {"slow-unit", "", 0, ""},
    {"stack-overflow", "", 0, "rec"},
};

Fingerprint of(const std::string& name) {
  const std::string text = sample(name);
  return fingerprint({text, {}, {}});
}

}  // namespace

TEST_CASE("every kind of libFuzzer log is read, of LLVM 14 and of 19") {
  for (const std::string version : {"libfuzzer14-", "libfuzzer19-"}) {
    for (std::size_t i = 0; i < std::size(kWanted); ++i) {
      INFO(version << kLibFuzzerSamples[i]);
      const Fingerprint print = of(version + kLibFuzzerSamples[i]);
      CHECK(print.report.kind == kWanted[i].kind);
      CHECK(print.report.access == kWanted[i].access);
      CHECK(print.report.access_size.value_or(0) == kWanted[i].size);
      CHECK_FALSE(print.report.truncated);
      const auto names = print.stack.names();
      CHECK((names.empty() ? "" : names.front()) == kWanted[i].site);
    }
  }
}

TEST_CASE("one bug built by two compilers has one signature") {
  for (const char* name : kLibFuzzerSamples) {
    INFO(name);
    CHECK(of(std::string("libfuzzer14-") + name).signature ==
          of(std::string("libfuzzer19-") + name).signature);
  }
  CHECK(of("ubsan-clang.log").signature == of("ubsan-gcc.log").signature);
}

TEST_CASE("different bugs of one target have different signatures") {
  for (std::size_t a = 0; a < std::size(kLibFuzzerSamples); ++a) {
    for (std::size_t b = a + 1; b < std::size(kLibFuzzerSamples); ++b) {
      // Both out-of-memory samples die in the same function for want of the same thing.
      if (std::string(kWanted[a].kind) == kWanted[b].kind) continue;
      INFO(kLibFuzzerSamples[a] << " " << kLibFuzzerSamples[b]);
      CHECK(of(std::string("libfuzzer19-") + kLibFuzzerSamples[a]).group !=
            of(std::string("libfuzzer19-") + kLibFuzzerSamples[b]).group);
    }
  }
}

TEST_CASE("other sanitizers' reports are read") {
  CHECK(of("msan.log").report.kind == "use-of-uninitialized-value");
  CHECK(of("tsan-data-race.log").report.kind == "data-race");
  CHECK(of("tsan-data-race.log").report.access == "WRITE");
  CHECK(of("tsan-data-race.log").stack.names() == std::vector<std::string>{"f"});
  CHECK(of("lsan-alone.log").report.sanitizer == "LeakSanitizer");
  CHECK(of("ubsan-gcc.log").report.kind == "signed-integer-overflow");
  CHECK(of("honggfuzz-heap-overflow.log").stack.names().front() == "bug1");
  CHECK(of("honggfuzz-assert-without-text.log").report.kind == "abort");
}

TEST_CASE("the stack behind an interceptor leads to the program's own frame") {  // a script stopped at the
                                                                                 // interceptor
  const Fingerprint print = of("libfuzzer14-heap-overflow-in-memcpy.log");
  REQUIRE_FALSE(print.stack.dropped.empty());
  CHECK(print.report.frames[print.stack.dropped[0].frame].function == "__asan_memcpy");
  CHECK(print.stack.dropped[0].rule == "sanitizer-runtime");
  CHECK(print.report.allocated_by.size() > 2);
}

TEST_CASE("the raw input of a crash is not taken for a report") {  // a script took it for one
  const std::string input = "UAxx #0 0x41 SUMMARY \x01\x02";
  CHECK(fingerprint({input, 1, {}}).report.kind == "unknown");
}

TEST_CASE("quotes, backslashes and dollars in a report are text") {  // a script for duplicates died of an
                                                                     // open quote
  const std::string text =
      "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000034\n"
      "    #0 0x1 in f /s/it's \"$(a)\" `b` \\c.c:1:1\n";
  const Fingerprint print = fingerprint({text, {}, {}});
  CHECK(print.report.kind == "heap-buffer-overflow");
  CHECK(print.stack.names() == std::vector<std::string>{"f"});
}

TEST_CASE("a fuzzer that was stopped from outside is no crash that can be read") {
  CHECK(of("libfuzzer19-no-crash.log").report.kind == "unknown");
}
