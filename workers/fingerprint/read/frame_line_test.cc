#include "workers/fingerprint/read/frame_line.h"

#include "tests/catch.h"

using namespace fuzzmill::workers;

namespace {

struct Case {
  const char* line;
  std::uint32_t index;
  const char* function;
  const char* file;
  std::uint32_t number, column;
  const char* module;
  std::uint64_t offset;
};

constexpr Case kFrames[] = {
    {"    #0 0x55d34f50204a in do_overflow(unsigned char const*, unsigned long) /srv/fuzz/t.cc:9:97", 0,
     "do_overflow(unsigned char const*, unsigned long)", "/srv/fuzz/t.cc", 9, 97, "", 0},
    {"#12 0x5632 in main /srv/fuzz/ub.c:2", 12, "main", "/srv/fuzz/ub.c", 2, 0, "", 0},
    {"    #0 0x55d3 in __asan_memcpy (/srv/fuzz/t+0xdff99) (BuildId: 086498d7)", 0, "__asan_memcpy", "", 0, 0,
     "/srv/fuzz/t", 0xdff99},
    {"    #3 0x7f9f7805a04f  (/lib/x86_64-linux-gnu/libc.so.6+0x3c04f) (BuildId: 93ac61)", 3, "", "", 0, 0,
     "/lib/x86_64-linux-gnu/libc.so.6", 0x3c04f},
    {"    #0 f /srv/fuzz/ts.c:2:24 (ts+0xe458e) (BuildId: 835c)", 0, "f", "/srv/fuzz/ts.c", 2, 24, "ts",
     0xe458e},
    {"    #0 pthread_create <null> (ts+0x61e91)", 0, "pthread_create", "", 0, 0, "ts", 0x61e91},
    {"#1 0x1 in (anonymous namespace)::A<int, (B)1>::f(int) const dir/a b.cc:7:1", 1,
     "(anonymous namespace)::A<int, (B)1>::f(int) const dir/a", "b.cc", 7, 1, "", 0},
    {"#1 0x1 in (anonymous namespace)::A<int>::operator()(int) const /my dir/a b.cc:7:1", 1,
     "(anonymous namespace)::A<int>::operator()(int) const", "/my dir/a b.cc", 7, 1, "", 0},
    {"#2 0x2 in operator new(unsigned long)", 2, "operator new(unsigned long)", "", 0, 0, "", 0},
    {"#4 0x4 in X::get() const", 4, "X::get() const", "", 0, 0, "", 0},
    {"#5 0x5 in __interceptor_malloc ??:?", 5, "__interceptor_malloc", "", 0, 0, "", 0},
    {"#6 0x6 in f(lambda at /a/b.cc:1:2) /a/c.cc:3:4", 6, "f(lambda at /a/b.cc:1:2)", "/a/c.cc", 3, 4, "", 0},
    {"#7 0x7 in g C:\\src\\a.cc:3", 7, "g", "C:\\src\\a.cc", 3, 0, "", 0},
    {"#1  0x00007ffff7aa8f4f in parse (d=0x50 \"UA at x\", n=4) at src/t.cc:16", 1, "parse", "src/t.cc", 16,
     0, "", 0},
    {"   #0    0x000071dc39153f4c in foo(unsigned char const*) ../../toy.cc:12 <<application>>+0xacf4c", 0,
     "foo(unsigned char const*)", "../../toy.cc", 12, 0, "application", 0xacf4c},
    {"    #4 0x4 in /build/string/memmove.S:345", 4, "", "/build/string/memmove.S", 345, 0, "", 0},
    {"#3  0x3 in operator() (this=0x7f, a=\"x (y\") at src/t.cc:16", 3, "operator()", "src/t.cc", 16, 0, "",
     0},
    {"#3  0x3 in std::function<void (int)>::operator() (this=0x7f) at src/t.cc:16", 3,
     "std::function<void (int)>::operator()", "src/t.cc", 16, 0, "", 0},
    {"#3  0x3 in A::A(int, char*) (this=0x7f) from /lib/liba.so", 3, "A::A(int, char*)", "", 0, 0,
     "/lib/liba.so", 0},
    {"#5  take () at t.c:9", 5, "take", "t.c", 9, 0, "", 0},
    {"    #01 pc 0001f2aa  /system/lib/libr.so (draw(int)+12) (BuildId: 0a1b)", 1, "draw(int)", "", 0, 0,
     "/system/lib/libr.so", 0x1f2aa},
    {"#06 0xa70f7edd /data/app/lib/libview.so+0x03ba2edd", 6, "", "", 0, 0, "/data/app/lib/libview.so",
     0x03ba2edd},
    {"fuzzer_1  |     #2 0x561 in parse /src/p.c:3:1", 2, "parse", "/src/p.c", 3, 1, "", 0},
};

}  // namespace

TEST_CASE("a frame gives its function, file, line, column, module and offset") {
  for (const Case& wanted : kFrames) {
    INFO(wanted.line);
    FrameLine got;
    REQUIRE(read_frame(wanted.line, got));
    CHECK(got.index == wanted.index);
    CHECK(got.frame.function == wanted.function);
    CHECK(got.frame.file == wanted.file);
    CHECK(got.frame.line == wanted.number);
    CHECK(got.frame.column == wanted.column);
    CHECK(got.frame.module == wanted.module);
    CHECK(got.frame.offset == wanted.offset);
  }
}

TEST_CASE("what only looks like a frame is none") {
  FrameLine got;
  for (auto line :
       {"#2\tINITED cov: 16 ft: 16 corp: 1/4b exec/s: 0 rss: 32Mb", "#857: cov: 14 ft: 14 corp: 1 exec/s: 77",
        "# 1 0x1 in f", "#include <a.h>", "#", "", "#99999999 0x1 in f", "#1", "see #12 for more",
        "0x602000000034 is located 0 bytes to the right of 4-byte region"}) {
    INFO(line);
    CHECK_FALSE(read_frame(line, got));
  }
}

TEST_CASE("the word in of a frame is never taken for its function") {  // a script took it, so that every
                                                                       // crash of a kind was one group
  FrameLine got;
  REQUIRE(read_frame("    #0 0x4f in do_uaf() /srv/fuzz/t.cc:10:97", got));
  CHECK(got.frame.function == "do_uaf()");
}

TEST_CASE("an inlined frame of Fuchsia is marked") {
  FrameLine got;
  REQUIRE(read_frame("   #1.1  0x0000658e5ed9863c in Unwind ../a.cc:7 <lib.so>+0x56d71", got));
  CHECK(got.frame.inlined);
  CHECK(got.index == 1);
}
