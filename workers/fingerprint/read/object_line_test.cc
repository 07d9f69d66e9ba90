#include "workers/fingerprint/read/object_line.h"

#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

Object of(std::string_view details) {
  return parse_report(
             "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000034 at pc 0x1 bp 0x2 "
             "sp 0x3\n"
             "READ of size 4 at 0x602000000034 thread T0\n    #0 0x1 in inner /s/a.c:1:2\n\n" +
             std::string(details))
      .object;
}

}  // namespace

TEST_CASE("the heap block at an address is read in the wordings of all compilers") {
  for (auto text :
       {"0x602000000034 is located 0 bytes to the right of 20-byte region [0x602000000020,0x602000000034)\n",
        "0x602000000034 is located 0 bytes after 20-byte region [0x602000000020,0x602000000034)\n",
        "0x602000000024 is located 4 bytes inside of 20-byte region [0x602000000020,0x602000000034)\n",
        "0x60200000001c is located 4 bytes before 20-byte region [0x602000000020,0x602000000034)\n"}) {
    INFO(text);
    const Object object = of(text);
    CHECK(object.region == Object::Region::kHeap);
    CHECK(object.size == 20);
  }
}

TEST_CASE("a variable on the stack has its name, size and function") {
  for (auto variable :
       {"    [32, 48) 'buf' (line 12) <== Memory access at offset 48 overflows this variable\n",
        "    [32, 48) 'buf' <== Memory access at offset 48 overflows this variable\n"}) {
    const Object object =
        of("Address 0x7ffe is located in stack of thread T0 at offset 48 in frame\n"
           "    #0 0x4f in holder(int) /s/b.c:9\n\n  This frame has 2 object(s):\n    [16, 20) 'other' (line "
           "11)\n" +
           std::string(variable));
    CHECK(object.region == Object::Region::kStack);
    CHECK(object.size == 16);
    CHECK(object.variable == "buf");
    CHECK(object.function == "holder(int)");
    CHECK(object.file == "/s/b.c");
  }
}

TEST_CASE("of several globals the nearest is the object") {
  const Object object =
      of("0x1 is located 56 bytes before global variable 'far' defined in 'x.c:9:5' (0x55) of size 8\n"
         "0x1 is located 4 bytes after global variable 'table' defined in 'src/x.c:3:5' (0x51) of size 16\n");
  CHECK(object.region == Object::Region::kGlobal);
  CHECK(object.variable == "table");
  CHECK(object.file == "src/x.c");
  CHECK(object.line == 3);
  CHECK(object.size == 16);
  CHECK(of("0x1 is located 2 bytes to the right of global variable 'g' from 'x.c' (0x55) of size 3\n").file ==
        "x.c");
}

TEST_CASE("the object's own frame is none of the crash") {
  const Report report = parse_report(
      "==7==ERROR: AddressSanitizer: stack-buffer-overflow on address 0x7ffe at pc 0x1 bp 0x2 sp 0x3\n"
      "    #0 0x1 in inner /s/a.c:1:2\n\nAddress 0x7ffe is located in stack of thread T0 at offset 48 in "
      "frame\n"
      "    #0 0x4f in holder /s/b.c:9\n\n");
  CHECK(report.frames.size() == 1);
}

TEST_CASE("MemorySanitizer's and ThreadSanitizer's objects are read") {
  Object object;
  std::uint64_t distance = 0;
  CHECK(read_object(
            "  Uninitialized value was created by an allocation of 'x' in the stack frame of function 'f'",
            object, distance) == ObjectLine::kRead);
  CHECK(object.variable == "x");
  CHECK(object.function == "f");
  object = {};
  CHECK(read_object("  Location is heap block of size 19 at 0x7b14 allocated by main thread:", object,
                    distance) == ObjectLine::kRead);
  CHECK(object.size == 19);
  object = {};
  CHECK(read_object("the shop is located in town", object, distance) == ObjectLine::kNone);
  CHECK(object.region == Object::Region::kUnknown);
}

TEST_CASE("the second access of a race and the second lock of an inversion are the other side") {
  const Report race = parse_report(
      "WARNING: ThreadSanitizer: data race (pid=9)\n  Write of size 8 at 0x7b by main thread:\n"
      "    #0 writer /s/a.c:1:2 (t+0x1)\n\n  Previous read of size 8 at 0x7b by thread T1:\n"
      "    #0 reader /s/a.c:7:2 (t+0x2)\n    #1 loop /s/a.c:8:2 (t+0x3)\n\n"
      "  Thread T1 (tid=3, running) created by main thread at:\n    #0 pthread_create <null> (t+0x4)\n");
  CHECK(race.frames.size() == 1);
  REQUIRE(race.other_side.size() == 2);
  CHECK(race.other_side[0].function == "reader");
  const Report locks = parse_report(
      "WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=9)\n"
      "  Cycle in lock order graph: M1 (0x7b) => M2 (0x7c) => M1\n\n"
      "  Mutex M2 acquired here while holding mutex M1 in main thread:\n    #0 lock /s/a.c:1 (t+0x1)\n\n"
      "  Mutex M1 previously acquired by the same thread here:\n    #0 earlier /s/a.c:2 (t+0x2)\n\n"
      "  Mutex M1 acquired here while holding mutex M2 in thread T1:\n    #0 other /s/a.c:3 (t+0x3)\n");
  CHECK(locks.frames.size() == 1);
  REQUIRE(locks.other_side.size() == 1);
  CHECK(locks.other_side[0].function == "other");
}
