#include "tests/catch.h"
#include "workers/fingerprint/read/fault_operand.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

constexpr const char* kStack =
    "#0  0x000055555555513d in take (data=0x50 \"a b (c\", size=3) at src/take.c:12\n"
    "#1  walk (n=<optimized out>) at src/take.c:30\n"
    "#2  0x00007ffff7df0d0a in ?? () from /lib/libx.so.6\n#3  0x000055555555517d in main () at "
    "src/main.c:5\n";

struct Operand {
  const char* instruction;
  std::uint64_t address;
  const char* access;
};

constexpr Operand kOperands[] = {
    {"mov    %eax,(%rax)", 0x10, "WRITE"},
    {"mov    0x8(%rax),%edx", 0x18, "READ"},
    {"movl   $0x7b,0x0", 0x0, "WRITE"},
    {"cmpb   $0x1,-0x4(%rax)", 0xc, "READ"},
    {"mov    (%rax,%rcx,4),%rdx", 0x30, "READ"},
    {"call   *0x20(%rax)", 0x30, "READ"},
    {"rep stos %al,%es:(%rdi)", 0x70, "WRITE"},
    {"movdqu %xmm0,0x10(%rax)", 0x20, "WRITE"},
    {"mov    0x2f(%rip),%rax        # 0x5040 <table>", 0x5040, "READ"},
    {"ldr\tx0, [x1, #16]", 0x210, "READ"},
    {"str\tw0, [x1]", 0x200, "WRITE"},
};

}  // namespace

TEST_CASE("the address that an instruction accesses is computed from the registers") {
  Registers registers;
  for (auto line : {"rax            0x10                16", "rcx\t0x8\t8", "rdi            0x70     112",
                    "x1             0x200    512"}) {
    CHECK(registers.read(line));
  }
  CHECK_FALSE(registers.read("eflags         [ ZF PF ]"));
  for (const Operand& wanted : kOperands) {
    INFO(wanted.instruction);
    const auto got = memory_access(wanted.instruction, registers);
    REQUIRE(got.has_value());
    CHECK(got->address == wanted.address);
    CHECK(got->access == wanted.access);
  }
  for (auto none : {"ret", "lea (%rax),%rdx", "mov %eax,%edx", "call 0x5040 <f>", "mov (%rbx),%eax", "",
                    "(bad)", "jmp 0x40", "mov %fs:0x28,%rax"}) {
    INFO(none);
    CHECK_FALSE(memory_access(none, registers).has_value());
  }
}

TEST_CASE("a stop of gdb gives signal and stack, by name and by number") {
  for (auto stop : {"Program received signal SIGSEGV, Segmentation fault.",
                    "Thread 3 \"worker\" received signal SIGSEGV, Segmentation fault.",
                    "Program terminated with signal SIGSEGV, Segmentation fault.",
                    "Program terminated with signal 11, Segmentation fault.", "REPRO: stopped signal=11"}) {
    INFO(stop);
    const Reports reports = read_reports("\n" + std::string(stop) + "\n" + kStack);
    REQUIRE(reports.all.size() == 1);
    const Report& report = reports.all[0];
    CHECK(report.kind == "segv");
    CHECK(report.signal == "SIGSEGV");
    REQUIRE(report.frames.size() == 4);
    CHECK(report.frames[0].function == "take");
    CHECK(report.frames[0].file == "src/take.c");
    CHECK(report.frames[0].line == 12);
    CHECK(report.frames[2].module == "/lib/libx.so.6");
    CHECK(report.frames[3].function == "main");
  }
}

TEST_CASE("registers and the instruction tell the fault's address") {
  const Report report = parse_report(
      "Program received signal SIGSEGV, Segmentation fault.\n=> 0x55513d <take+20>:\tmov    %edx,(%rax)\n"
      "rax            0x8                 8\nrip            0x55513d  0x55513d <take+20>\n" +
      std::string(kStack));
  CHECK(report.address == 8);
  CHECK(report.access == "WRITE");
  CHECK(report.kind == "null-dereference");
  CHECK(report.frames.size() == 4);
  CHECK(parse_report("Program received signal SIGSEGV, x.\n" + std::string(kStack) +
                     "$1 = {si_signo = 11, _sifields = {_sigfault = {si_addr = 0x414140}}}\n")
            .address == 0x414140);
}

TEST_CASE("frames that are wrapped at the terminal's width are joined") {
  const Report report = parse_report(
      "Program received signal SIGABRT, Aborted.\n#0  0x00007f in raise () from /lib/libc.so.6\n"
      "#1  0x000055 in ns::walk<int> (\n    a=1, text=0x50 \"x)\",\n    b=2) at src/walk.cc:44\n"
      "#2  0x000056 in outer (size=3)\n    at src/outer.cc:9\n");
  CHECK(report.kind == "abort");
  REQUIRE(report.frames.size() == 3);
  CHECK(report.frames[1].function == "ns::walk<int>");
  CHECK(report.frames[1].line == 44);
  CHECK(report.frames[2].file == "src/outer.cc");
  CHECK(report.frames[2].line == 9);
}

TEST_CASE("frame 0 that is printed at the stop and again with the stack counts once") {
  const Report report = parse_report(
      "Program terminated with signal SIGFPE, Arithmetic exception.\n"
      "#0  0x000055555555513d in take (data=0x50 \"a b (c\", size=3) at src/take.c:12\n12\t  x / y\n\n" +
      std::string(kStack));
  CHECK(report.kind == "fpe");
  CHECK(report.frames.size() == 4);
}

TEST_CASE("what ran above a signal handler is no part of the fault, and other threads are not either") {
  const std::string handler =
      "Program received signal SIGSEGV, Segmentation fault.\n#0  0x01 in pause () from /lib/libc.so.6\n"
      "#1  0x02 in on_signal (n=11) at src/sig.c:3\n#2  <signal handler called>\n"
      "#3  0x03 in broken () at src/b.c:8\n#4  0x04 in main () at src/m.c:2\n";
  const Report report =
      parse_report(handler + "Thread 2 (Thread 0x7f00 (LWP 9) \"idle\"):\n#0  0x05 in wait () at w.c:1\n");
  REQUIRE(report.frames.size() == 2);
  CHECK(report.frames[0].function == "broken");
  const Report threads = parse_report(
      "Thread 2 \"work\" received signal SIGSEGV, Segmentation fault.\n"
      "Thread 3 (Thread 0x7f01 (LWP 8) \"idle\"):\n#0  0x05 in wait () at w.c:1\n\n"
      "Thread 2 (Thread 0x7f00 (LWP 9) \"work\"):\n#0  0x06 in broken () at b.c:1\n");
  REQUIRE(threads.frames.size() == 1);
  CHECK(threads.frames[0].function == "broken");
}

TEST_CASE("a sanitizer's report inside gdb is what the abort is about") {
  const Reports reports = read_reports(
      "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x1 bp 0x2 sp 0x3\n    #0 "
      "0x4 in f /a.c:1\n"
      "SUMMARY: AddressSanitizer: heap-use-after-free /a.c:1 in f\n==7==ABORTING\n\n"
      "Program received signal SIGABRT, Aborted.\n#0  0x7f in raise () from /lib/libc.so.6\n");
  CHECK(reports.all[reports.primary].kind == "heap-use-after-free");
}

TEST_CASE(
    "a debugger that let a sanitizer end the program has no stack and tells no crash") {  // a script took it
  const Report report = parse_report("[Inferior 1 (process 12) exited with code 01]\nNo stack.\n");
  CHECK(report.kind == "unknown");
  CHECK(report.frames.empty());
}
