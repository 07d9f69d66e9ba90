#include "workers/fingerprint/read/cause_line.h"

#include <algorithm>

#include "tests/catch.h"
#include "workers/fingerprint/read/cause_table.h"

using namespace fuzzmill::workers;

namespace {

struct Case {
  const char* line;
  const char* kind;
  const char* message;
};

constexpr Case kCases[] = {
    {"kiln: oven.c:12: int fire(int): Assertion `heat < 9' failed.", "assert", "heat < 9"},
    {"/usr/include/c++/12/bits/stl_vector.h:1123: T& V::at(): Assertion '__n < this->size()' failed.",
     "assert", "__n < this->size()"},
    {"Assertion failed: (heat < 9), function fire, file oven.c, line 12.", "assert", "heat < 9"},
    {"Assertion failure: heat < 9, at /src/oven.cpp:12", "assert", "heat < 9"},
    {"ASSERT: \"heat < 9\" in file oven.cpp, line 12", "assert", "\"heat < 9\""},
    {"ERROR:oven.c:12:fire: assertion failed: (heat < 9)", "assert", "heat < 9"},
    {"vector:1432: libc++ Hardening assertion n < size() failed: vector[] index out of bounds", "assert",
     "vector[] index out of bounds"},
    {"vector:1432: assertion !empty() failed: back() called on an empty vector", "assert",
     "back() called on an empty vector"},
    {"F0812 20:32:32.874783 47273 oven.h:195] Check failed: a == b (1 vs. 2) ", "check-failure", "a == b"},
    {"[1:2:0101/120000.5:FATAL:oven.cc(41)] DCHECK failed: hot.", "check-failure", "hot"},
    {"oven.cpp:33 CHECK_EQ( heat,1u) failed: 25 vs. 1", "check-failure", "heat,1u"},
    {"[1:2:0101/120000.5:FATAL:oven.cc(41)] too hot: 900 degrees", "fatal-error", "too hot: N degrees"},
    {"F0812 20:32:32.874783 47273 oven.h:195] lost key \"a7\"", "fatal-error", "lost key S"},
    {"terminate called after throwing an instance of 'std::out_of_range'", "uncaught-exception",
     "std::out_of_range"},
    {"libc++abi: terminating due to uncaught exception of type kiln::Cold: at 12 K", "uncaught-exception",
     "kiln::Cold: at N K"},
    {"pure virtual method called", "pure-virtual-call", ""},
    {"*** stack smashing detected ***: terminated", "stack-smashing", ""},
    {"*** buffer overflow detected ***: terminated", "buffer-overflow-detected", ""},
    {"free(): double free detected in tcache 2", "double-free", ""},
    {"munmap_chunk(): invalid pointer", "bad-free", ""},
    {"malloc(): corrupted top size", "heap-corruption", ""},
    {"kiln: malloc.c:2379: sysmalloc: Assertion `(old_top == initial_top (av))' failed.", "heap-corruption",
     ""},
    {"Scudo ERROR: corrupted chunk header at address 0x1", "heap-corruption", ""},
    {"Use After Free at 0x7f (0 bytes into a 41-byte allocation) by thread 3 here:", "heap-use-after-free",
     ""},
    {"========= Timeout of 20 seconds exceeded; exiting", "timeout", ""},
    {"========= Per-input timeout exceeded: 6 > 5 (sec); exiting", "timeout", ""},
    {"========= RSS limit exceeded: 5000 > 4096 (mb); exiting", "out-of-memory", ""},
    {"===BUG DETECTED: Arbitrary file open===", "arbitrary-file-open", ""},
    {"===BUG DETECTED: Shell injection===", "command-injection", ""},
    {"./kiln: error while loading shared libraries: libclay.so.1: cannot open shared object file",
     "missing-library", "libclay.so.1"},
};

}  // namespace

TEST_CASE("a program's last words give the kind and the message") {
  for (const Case& wanted : kCases) {
    INFO(wanted.line);
    Cause cause;
    REQUIRE(read_cause(wanted.line, cause));
    CHECK(cause.kind == wanted.kind);
    CHECK(cause.message == wanted.message);
  }
}

TEST_CASE("glibc's assert says where it stands") {
  Cause cause;
  REQUIRE(read_cause("kiln: ../src/oven.c:12: int fire(int, char**): Assertion `a' failed.", cause));
  CHECK(cause.place.file == "../src/oven.c");
  CHECK(cause.place.line == 12);
  CHECK(cause.place.function == "int fire(int, char**)");
}

TEST_CASE("an ordinary log line is no cause") {
  for (const char* line :
       {"INFO: Loaded 1 modules", "failed to open x: no such file", "the exception was caught",
        "Function free_list_add called", "F is for fire", "Timeout of 3 minutes set"}) {
    INFO(line);
    Cause cause;
    CHECK_FALSE(read_cause(line, cause));
  }
}

TEST_CASE("every row of the table holds a word that readers look for") {
  for (const CauseRow& row : cause_rows()) {
    INFO(row.text);
    CHECK(std::any_of(std::begin(kCauseWords), std::end(kCauseWords),
                      [&](std::string_view word) { return row.text.find(word) != std::string_view::npos; }));
  }
  for (std::string_view word : kCauseWords) CHECK(word.size() >= 5);
}
