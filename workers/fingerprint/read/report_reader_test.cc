#include "workers/fingerprint/read/report_reader.h"

#include "tests/catch.h"

using namespace fuzzmill::workers;

namespace {

constexpr const char* kStack =
    "    #0 0x1 in inner /s/a.c:1:2\n    #1 0x2 in outer /s/a.c:3:4\n    #2 0x3 in main /s/m.c:5:6\n\n";

std::string asan(std::string_view wording, std::string_view details = "") {
  return "=================================================================\n==7==ERROR: AddressSanitizer: " +
         std::string(wording) + "\n" + std::string(details) + kStack;
}

struct Wording {
  const char* text;
  const char* kind;
};

constexpr Wording kAsan[] = {
    {"heap-buffer-overflow on address 0x602000000034 at pc 0x1 bp 0x2 sp 0x3", "heap-buffer-overflow"},
    {"heap-use-after-free on address 0x602000000034 at pc 0x1 bp 0x2 sp 0x3", "heap-use-after-free"},
    {"stack-use-after-scope on address 0x7ff at pc 0x1 bp 0x2 sp 0x3", "stack-use-after-scope"},
    {"attempting double-free on 0x602000000034 in thread T0:", "double-free"},
    {"attempting free on address which was not malloc()-ed: 0x0a5742f0 in thread T0", "bad-free"},
    {"requested allocation size 0xffffffffffffffff exceeds maximum supported size of 0x10000000000",
     "out-of-memory"},
    {"allocator is out of memory trying to allocate 0x9a9a9a9a000000 bytes", "out-of-memory"},
    {"SEGV on unknown address 0x000000000010 (pc 0x1 bp 0x2 sp 0x3 T0)", "null-dereference"},
    {"SEGV on unknown address 0x602000010178 (pc 0x1 bp 0x2 sp 0x3 T0)", "segv"},
    {"SEGV on unknown address (pc 0x1 bp 0x2 sp 0x3 T0)", "segv"},
    {"BUS on unknown address 0x602000010178 (pc 0x1 bp 0x2 sp 0x3 T0)", "bus"},
    {"FPE on unknown address 0x55 (pc 0x55 bp 0x2 sp 0x3 T0)", "fpe"},
    {"ILL on unknown address 0x5555 (pc 0x5555 bp 0x2 sp 0x3 T0)", "illegal-instruction"},
    {"ABRT on unknown address 0x5c4c (pc 0x1 bp 0x2 sp 0x3 T0)", "abort"},
    {"stack-overflow on address 0x7ffc0fdd0ff8 (pc 0x1 bp 0x2 sp 0x3 T0)", "stack-overflow"},
    {"memcpy-param-overlap: memory ranges [0x1,0x5) and [0x2, 0x6) overlap", "memcpy-param-overlap"},
    {"negative-size-param: (size=-1)", "negative-size-param"},
    {"alloc-dealloc-mismatch (malloc vs operator delete) on 0x602000000010", "alloc-dealloc-mismatch"},
    {"new-delete-type-mismatch on 0x602000000010 in thread T0:", "new-delete-type-mismatch"},
    {"calloc parameters overflow: count * size (4611686018427387904 * 8) cannot be represented",
     "calloc-overflow"},
    {"odr-violation (0x0000010):", "odr-violation"},
    {"unknown-crash on address 0x000000000006 at pc 0x1 bp 0x2 sp 0x3", "null-dereference"},
    {"some_new-check on address 0x602000000034 at pc 0x1 bp 0x2 sp 0x3", "some-new-check"},
    {"unknown on address 0x602000000034", "unknown-crash"},
    {"!!", "unknown-crash"},
};

constexpr Wording kUbsan[] = {
    {"signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'",
     "signed-integer-overflow"},
    {"unsigned integer overflow: 0 - 1 cannot be represented in type 'unsigned int'",
     "unsigned-integer-overflow"},
    {"negation of -2147483648 cannot be represented in type 'int'", "signed-integer-overflow"},
    {"division by zero", "divide-by-zero"},
    {"shift exponent 40 is too large for 32-bit type 'int'", "invalid-shift"},
    {"left shift of negative value -1", "invalid-shift"},
    {"index 5 out of bounds for type 'int [4]'", "index-out-of-bounds"},
    {"load of null pointer of type 'int'", "null-dereference"},
    {"member access within null pointer of type 'struct S'", "null-dereference"},
    {"null pointer passed as argument 2, which is declared to never be null", "invalid-null-argument"},
    {"load of misaligned address 0x7ffd for type 'int', which requires 4 byte alignment",
     "misaligned-address"},
    {"load of address 0x106c with insufficient space for an object of type 'unsigned int'", "object-size"},
    {"member call on address 0x7 which does not point to an object of type 'B'", "bad-cast"},
    {"load of value 17, which is not a valid value for type 'bool'", "invalid-bool-value"},
    {"load of value 17, which is not a valid value for type 'enum E'", "invalid-enum-value"},
    {"1e+30 is outside the range of representable values of type 'int'", "float-cast-overflow"},
    {"applying non-zero offset 255 to null pointer", "pointer-overflow"},
    {"addition of unsigned offset to 0x7fd overflowed to 0x1", "pointer-overflow"},
    {"variable length array bound evaluates to non-positive value -2", "non-positive-vla-bound"},
    {"execution reached an unreachable program point", "unreachable"},
    {"execution reached the end of a value-returning function without returning a value", "missing-return"},
    {"upcast of null pointer of type 'A'", "upcast-of-null-pointer"},
    {"something no table knows", "undefined-behavior"},
};

}  // namespace

TEST_CASE("AddressSanitizer's wordings give their kinds, not the first word of a sentence") {  // as a script
                                                                                               // took it
  for (const Wording& wording : kAsan) {
    INFO(wording.text);
    const Report report = parse_report(asan(wording.text));
    CHECK(report.kind == wording.kind);
    CHECK(report.sanitizer == "AddressSanitizer");
    REQUIRE(report.frames.size() == 3);
    CHECK(report.frames[0].function == "inner");
  }
}

TEST_CASE("UBSan's wordings give their kinds, in clang's and gcc's order of numbers") {
  for (const Wording& wording : kUbsan) {
    INFO(wording.text);
    const Report report =
        parse_report("/s/a.c:2:44: runtime error: " + std::string(wording.text) + "\n" + kStack);
    CHECK(report.kind == wording.kind);
    CHECK(report.sanitizer == "UndefinedBehaviorSanitizer");
    CHECK_FALSE(report.message.empty());
    CHECK(report.frames.size() == 3);
  }
}

TEST_CASE("UBSan without a stack keeps the place of its line") {
  const Report report = parse_report("src/ub.c:2:44: runtime error: division by zero\n");
  REQUIRE(report.frames.size() == 1);
  CHECK(report.frames[0].file == "src/ub.c");
  CHECK(report.frames[0].line == 2);
  CHECK(report.frames[0].column == 44);
}

TEST_CASE("libFuzzer's own reports give their kinds") {
  constexpr Wording kWordings[] = {{"deadly signal", "deadly-signal"},
                                   {"timeout after 3 seconds", "timeout"},
                                   {"out-of-memory (used: 676Mb; limit: 512Mb)", "out-of-memory"},
                                   {"out-of-memory (malloc(3145728000))", "out-of-memory"},
                                   {"fuzz target exited", "unexpected-exit"},
                                   {"fuzz target overwrites its const input", "overwrites-const-input"},
                                   {"file size exceeded", "file-size-exceeded"}};
  for (const Wording& wording : kWordings) {
    INFO(wording.text);
    const Report report =
        parse_report("==12== ERROR: libFuzzer: " + std::string(wording.text) + "\n" + kStack);
    CHECK(report.kind == wording.kind);
    CHECK(report.sanitizer == "libFuzzer");
  }
}

TEST_CASE("READ and WRITE, size, address and pc are read") {
  const Report overflow = parse_report(asan(kAsan[0].text, "WRITE of size 20 at 0x602000000034 thread T0\n"));
  CHECK(overflow.access == "WRITE");
  CHECK(overflow.access_size == 20);
  CHECK(overflow.address == 0x602000000034);
  const Report segv = parse_report(asan("SEGV on unknown address 0x602000010178 (pc 0x4141 bp 0x2 sp 0x3 T0)",
                                        "==7==The signal is caused by a READ memory access.\n"));
  CHECK(segv.access == "READ");
  CHECK_FALSE(segv.access_size.has_value());
  CHECK(segv.pc == 0x4141);
}

TEST_CASE("the stacks that freed and allocated are kept apart from the one that crashed") {
  const Report report = parse_report(
      asan(kAsan[1].text) +
      "0x6 is located 1 bytes inside of 4-byte region\nfreed by thread T0 here:\n"
      "    #0 0x1 in free /s/f.c:1:1\n    #1 0x2 in releaser /s/a.c:3:4\n\n"
      "previously allocated by thread T0 here:\n    #0 0x1 in malloc /s/f.c:1:1\n"
      "    #1 0x2 in maker /s/a.c:9:4\n\nSUMMARY: AddressSanitizer: heap-use-after-free a.c:1 in inner\n");
  CHECK(report.frames.size() == 3);
  REQUIRE(report.freed_by.size() == 2);
  CHECK(report.freed_by[1].function == "releaser");
  REQUIRE(report.allocated_by.size() == 2);
  CHECK(report.allocated_by[1].function == "maker");
  CHECK_FALSE(report.truncated);
}

TEST_CASE("the text before a signal says why: assert, exception, check, panic, allocator") {
  constexpr Wording kCauses[] = {
      {"t: t.cc:18: int f(int): Assertion `n < 2 && \"m\"' failed.", "assert"},
      {"ASSERTION FAILED: start <= end", "assert"},
      {"/c++/v1/vector:1432: assertion !empty() failed: back() called on an empty vector", "assert"},
      {"[1:1:0308/1.9:FATAL:a.cc(243)] Check failed: a == b (1 vs. 2)", "check-failure"},
      {"F0812 20:32:32.874783   47273 file.h:195] Log fatal.", "fatal-error"},
      {"terminate called after throwing an instance of 'std::out_of_range'", "uncaught-exception"},
      {"libc++abi: terminating with uncaught exception of type std::runtime_error: bad 7",
       "uncaught-exception"},
      {"thread 'main' panicked at src/main.rs:4:5:", "panic"},
      {"*** stack smashing detected ***: terminated", "stack-smashing"},
      {"free(): double free detected in tcache 2", "double-free"},
      {"malloc(): corrupted top size", "heap-corruption"},
  };
  for (const Wording& cause : kCauses) {
    INFO(cause.text);
    const Report report =
        parse_report(std::string(cause.text) + "\n==15350== ERROR: libFuzzer: deadly signal\n" + kStack);
    CHECK(report.kind == cause.kind);
    CHECK(report.sanitizer == "libFuzzer");
    CHECK(report.frames.size() == 3);
    CHECK(parse_report(std::string(cause.text) + "\n").kind == cause.kind);
  }
}

TEST_CASE("an assert's expression is kept as it is and an exception's numbers are masked") {
  CHECK(parse_report("t: t.cc:18: f: Assertion `n<2' failed.\n").message == "n<2");
  CHECK(parse_report("terminate called after throwing an instance of 'E'\n  what():  at 17 of 4\n").message ==
        "E: at N of N");
  CHECK(parse_report("x:FATAL:a.cc(2)] Check failed: a == b (1 vs. 2)\n").message == "a == b");
}

TEST_CASE("an assert before a memory error does not rename it") {
  const Report report = parse_report("t: t.cc:18: f: Assertion `n<2' failed.\n" + asan(kAsan[0].text));
  CHECK(report.kind == "heap-buffer-overflow");
  CHECK(report.message.empty());
}

TEST_CASE("CRLF, colours, log prefixes and bytes that are no UTF-8 change nothing") {
  const std::string plain = asan(kAsan[0].text, "WRITE of size 4 at 0x602000000034 thread T0\n");
  std::string crlf, prefixed, coloured = plain;
  for (char c : plain) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  prefixed = "fuzz_1  | ";
  for (char c : plain) prefixed += c == '\n' ? std::string("\nfuzz_1  | ") : std::string(1, c);
  coloured.insert(coloured.find("==7=="), "\x1b[1m\x1b[31m");
  for (const std::string& text : {crlf, prefixed, coloured, "\xff\xfe\x80 noise\n" + plain}) {
    INFO(text);
    const Report report = parse_report(text);
    CHECK(report.kind == "heap-buffer-overflow");
    CHECK(report.access_size == 4);
    REQUIRE(report.frames.size() == 3);
    CHECK(report.frames[2].function == "main");
  }
}

TEST_CASE("of several reports the one that the process died of is primary") {
  const std::string ubsan = "/s/a.c:2:44: runtime error: division by zero\n" + std::string(kStack);
  const Reports reports = read_reports(ubsan + asan(kAsan[0].text) + "==7==ABORTING\n");
  REQUIRE(reports.all.size() == 2);
  CHECK(reports.all[0].kind == "divide-by-zero");
  CHECK(reports.primary == 1);
  // The first of two that are alike, unless only the second was the end.
  CHECK(parse_report(asan(kAsan[1].text) + asan(kAsan[0].text)).kind == "heap-use-after-free");
  CHECK(parse_report(asan(kAsan[1].text) + asan(kAsan[0].text) + "==7==ABORTING\n").kind ==
        "heap-buffer-overflow");
}

TEST_CASE("a signal that UBSan itself raised is about the UBSan report") {
  const std::string text = "/s/a.c:2:44: runtime error: division by zero\n" + std::string(kStack) +
                           "==1== ERROR: libFuzzer: deadly signal\n    #0 0x1 in abort /s/x.c:1\n"
                           "    #1 0x1 in __sanitizer::Die() /s/x.c:1\n    #2 0x1 in inner /s/a.c:1\n";
  CHECK(parse_report(text).kind == "divide-by-zero");
}

TEST_CASE("of leaks the first direct one is the report") {
  const Report report = parse_report(
      "==1==ERROR: LeakSanitizer: detected memory leaks\n\nIndirect leak of 96 byte(s) in 2 object(s) "
      "allocated from:\n"
      "    #0 0x1 in malloc /a\n    #1 0x1 in hanger /s/a.c:1\n\nDirect leak of 7 byte(s) in 1 object(s) "
      "allocated from:\n"
      "    #0 0x1 in malloc /a\n    #1 0x1 in holder /s/a.c:1\n\nDirect leak of 9 byte(s) in 1 object(s) "
      "allocated from:\n"
      "    #0 0x1 in malloc /a\n    #1 0x1 in other /s/a.c:1\n\nSUMMARY: AddressSanitizer: 112 byte(s) "
      "leaked in 4 allocation(s).\n");
  CHECK(report.kind == "memory-leak");
  REQUIRE(report.frames.size() == 2);
  CHECK(report.frames[1].function == "holder");
}

TEST_CASE("a report that is cut is kept and marked") {
  CHECK(parse_report(asan(kAsan[0].text)).truncated);
  CHECK(parse_report("==7==ERROR: AddressSanitizer: heap-buffer-overflow on addr").truncated);
  CHECK(
      parse_report("a.c:2:44: runtime error: division by zero\n    #0 0x1 in f /s/a.c:1\n    #1 0x2 in g /s")
          .truncated);
  CHECK_FALSE(
      parse_report("a.c:2:44: runtime error: division by zero\n    #0 0x1 in f /s/a.c:1\n").truncated);
}

TEST_CASE("a report whose head is cut off is read from its summary") {
  const Report report = parse_report(std::string(kStack) +
                                     "SUMMARY: AddressSanitizer: heap-buffer-overflow /s/a.c:1:2 in inner\n");
  CHECK(report.kind == "heap-buffer-overflow");
  CHECK(report.frames.size() == 3);
}

TEST_CASE("a nested bug is a crash and complete without a stack") {
  const Report report = parse_report("AddressSanitizer: nested bug in the same thread, aborting.\n");
  CHECK(report.kind == "nested-bug");
  CHECK_FALSE(report.truncated);
}

TEST_CASE("what cannot be read is unknown") {
  for (auto text : {"", "\n", "hello\n", "INFO: Seed: 1\n#2\tINITED cov: 1\n",
                    "==1==WARNING: AddressSanitizer failed to allocate 0x9 bytes\n"}) {
    INFO(text);
    CHECK(parse_report(text).kind == "unknown");
    CHECK(read_reports(text).all.size() == 1);
  }
}

TEST_CASE("a runtime error of Go is not UBSan's") {
  CHECK(parse_report("panic: runtime error: index out of range\n").kind == "index-out-of-bounds");
}

TEST_CASE("the number of reports and frames kept is bounded") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += asan(kAsan[0].text);
  CHECK(read_reports(text).all.size() == kMaxReports);
  text = "==7==ERROR: AddressSanitizer: stack-overflow on address 0x7ffc0fdd0ff8\n";
  for (int i = 0; i < 5000; ++i) text += "    #" + std::to_string(i) + " 0x1 in f /s/a.c:1:1\n";
  CHECK(parse_report(text).frames.size() == kMaxKeptFrames);
}
