#include "producers/replay/attempt.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using runtime::ExitStatus;
using runtime::SandboxStop;

Outcome outcome(const ExitStatus& exit, std::string_view report, SandboxStop stop = SandboxStop::kNone,
                std::vector<int> codes = {}) {
  return judge_run(exit, stop, report, codes).outcome;
}

constexpr auto kAsan =
    "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x4f\n"
    "    #0 0x4f1 in f /src/a.cc:1:2\nSUMMARY: AddressSanitizer: heap-use-after-free /src/a.cc:1:2 in f\n";

}  // namespace

TEST_CASE("a run is judged by its report, else by its end") {
  struct Row {
    ExitStatus exit;
    const char* report;
    Outcome outcome;
  };
  const std::vector<Row> rows{
      {{1, {}}, kAsan, Outcome::kCrashed},
      {{0, {}}, kAsan, Outcome::kCrashed},  // halt_on_error=0
      {{0, {}}, "", Outcome::kClean},
      {{1, {}}, "usage: target FILE\n", Outcome::kClean},
      {{77, {}}, "", Outcome::kCrashed},
      {{77, {}}, "==7== ERROR: libFuzzer: fuzz target exited\n", Outcome::kCrashed},
      {{70, {}}, "==7== ERROR: libFuzzer: timeout after 2 seconds\n", Outcome::kTimedOut},
      {{71, {}},
       "==7== ERROR: libFuzzer: out-of-memory (used: 769Mb; limit: 512Mb)\n",
       Outcome::kOutOfMemory},
      {{72, {}}, "==7== libFuzzer: run interrupted; exiting\n", Outcome::kCouldNotRun},
      {{66, {}}, "WARNING: ThreadSanitizer: data race (pid=7)\n", Outcome::kCrashed},
      {{1, {}}, "==7==WARNING: MemorySanitizer: use-of-uninitialized-value\n", Outcome::kCrashed},
      {{1, {}}, "a.cc:1:2: runtime error: signed integer overflow: 1 + 2\n", Outcome::kCrashed},
      {{0, {}}, "a.cc:1:2: runtime error: signed integer overflow: 1 + 2\n", Outcome::kClean},
      {{1, {}}, "==7==ERROR: LeakSanitizer: detected memory leaks\n", Outcome::kCrashed},
      {{1, {}}, "==7==LeakSanitizer has encountered a fatal error.\n", Outcome::kCouldNotRun},
      {{1, {}}, "==7==ERROR: AddressSanitizer: out of memory: allocator is trying\n", Outcome::kOutOfMemory},
      {{127, {}}, "t: error while loading shared libraries: libx.so\n", Outcome::kCouldNotRun},
      {{{}, SIGSEGV}, "", Outcome::kCrashed},
      {{{}, SIGABRT}, "t: a.cc:1: Assertion `x' failed.\n", Outcome::kCrashed},
      {{{}, SIGKILL}, "", Outcome::kCouldNotRun},
      {{{}, SIGXFSZ}, "", Outcome::kCouldNotRun},
      {{{}, SIGALRM}, "", Outcome::kTimedOut},
      {{134, {}}, "", Outcome::kCrashed},
      {{{}, {}}, "", Outcome::kCouldNotRun},
      // What a target prints about others is no report of its own.
      {{0, {}}, "the log said ERROR: AddressSanitizer: SEGV\n", Outcome::kClean},
      {{0, {}}, "==x==ERROR: AddressSanitizer: SEGV\n", Outcome::kClean},
  };
  for (const auto& row : rows) {
    INFO(row.report << runtime::explain(row.exit));
    CHECK(outcome(row.exit, row.report) == row.outcome);
  }
}

TEST_CASE("a run that we ended is judged by why, unless it had crashed already") {
  const ExitStatus killed{{}, SIGKILL};
  CHECK(outcome(killed, "", SandboxStop::kWall) == Outcome::kTimedOut);
  CHECK(outcome(killed, "", SandboxStop::kCpu) == Outcome::kTimedOut);
  CHECK(outcome(killed, "", SandboxStop::kMemory) == Outcome::kOutOfMemory);
  CHECK(outcome(killed, "", SandboxStop::kFolder) == Outcome::kCouldNotRun);
  CHECK(outcome(killed, "", SandboxStop::kProcesses) == Outcome::kCouldNotRun);
  CHECK(outcome(killed, kAsan, SandboxStop::kWall) == Outcome::kCrashed);
  CHECK(outcome(killed, kAsan, SandboxStop::kCaller) == Outcome::kCouldNotRun);
}

TEST_CASE("exit codes that a target's engine names are crashes for it alone") {
  CHECK(outcome({86, {}}, "") == Outcome::kClean);
  CHECK(outcome({86, {}}, "", SandboxStop::kNone, {86, 23}) == Outcome::kCrashed);
  CHECK(outcome({1, {}}, "", SandboxStop::kNone, {1}) == Outcome::kCrashed);
}

TEST_CASE("reports of one crash look alike through addresses and pids, and different ones do not") {
  const auto face = face_of(kAsan);
  CHECK(face == "SUMMARY: AddressSanitizer: heap-use-after-free /src/a.cc:#:# in f");
  CHECK(face_of("==12==ERROR: AddressSanitizer: SEGV on 0xdead12 (pc 0x55)\n") ==
        face_of("==9==ERROR: AddressSanitizer: SEGV on 0x0 (pc 0x7f)\n"));
  CHECK(face_of("nothing here\n").empty());
}

TEST_CASE("a whole report is worth more than a cut one, and a named frame more than an address") {
  CHECK(worth_of("") == 0);
  CHECK(worth_of("==7==ERROR: AddressSanitizer: SEGV\n") == 1);
  CHECK(worth_of("==7==ERROR: AddressSanitizer: SEGV\n    #0 0x4f1  (t+0x1)\n") == 3);
  CHECK(worth_of(kAsan) == 7);
}

// What libFuzzer 14 and 19 printed for each kind of finding.
TEST_CASE("each kind of libFuzzer log is judged as its kind") {
  struct Row {
    const char* name;
    int code;
    Outcome outcome;
  };
  const std::filesystem::path base = std::filesystem::path(FUZZMILL_SOURCE_DIR) / "producers/engine/testdata";
  for (const char* version : {"libfuzzer-14", "libfuzzer-19"}) {
    for (const auto& row :
         {Row{"as", 77, Outcome::kCrashed}, Row{"lk", 77, Outcome::kCrashed},
          Row{"mm", 71, Outcome::kOutOfMemory}, Row{"nu", 77, Outcome::kCrashed},
          Row{"ov", 1, Outcome::kCrashed}, Row{"rs", 71, Outcome::kOutOfMemory},
          Row{"sl", 0, Outcome::kClean}, Row{"so", 1, Outcome::kCrashed}, Row{"to", 70, Outcome::kTimedOut},
          Row{"ua", 1, Outcome::kCrashed}, Row{"xx", 77, Outcome::kCrashed}}) {
      std::ifstream in(base / version / (std::string(row.name) + ".txt"), std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      REQUIRE_FALSE(text.str().empty());
      INFO(version << " " << row.name);
      CHECK(outcome({row.code, {}}, text.str()) == row.outcome);
    }
  }
}

}  // namespace fuzzmill::producers
