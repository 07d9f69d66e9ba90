#include "producers/engine/honggfuzz_artifact.h"

#include <sstream>

#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("every crash name of a real run is read") {
  std::istringstream names(sample("honggfuzz/crash-names"));
  int count = 0;
  for (std::string name; std::getline(names, name); ++count) {
    INFO(name);
    const auto artifact = parse_honggfuzz_artifact(name);
    REQUIRE(artifact.has_value());
    CHECK(artifact->kind == "crash");
    CHECK(artifact->signal == 6);
    CHECK(artifact->code == -6);
    CHECK(artifact->address == 0);
    CHECK(artifact->pc > 0);
    CHECK(artifact->time.empty());
  }
  CHECK(count == 4);
  const auto one = parse_honggfuzz_artifact(
      "SIGABRT.PC.555555590c43.STACK.1a8f1163e2.CODE.-6.ADDR.0.INSTR.lea____-0x838(%rbp),%rdx.fuzz");
  CHECK(one->pc == 0x555555590c43);
  CHECK(one->stack_hash == "1a8f1163e2");
  CHECK(one->instruction == "lea____-0x838(%rbp),%rdx");
}

TEST_CASE("names with a time, of other systems, of other extensions and with dots in the instruction") {
  const auto again = parse_honggfuzz_artifact(
      "SIGSEGV.PC.1.STACK.badbad0000000000.CODE.1.ADDR.dead.INSTR.b.eq_#4.2026-11-22.08:30:54.23624.my.ext",
      "my.ext");
  REQUIRE(again.has_value());
  CHECK(again->signal == 11);
  CHECK(again->instruction == "b.eq_#4");
  CHECK(again->time == "2026-11-22.08:30:54");
  CHECK(again->pid == 23624);
  CHECK(again->address == 0xdead);
  const auto posix = parse_honggfuzz_artifact("SIGVTALRM.PC.0.STACK.0.ADDR.0.fuzz");
  REQUIRE(posix.has_value());
  CHECK(posix->kind == "timeout");
  CHECK(posix->instruction.empty());
  CHECK_FALSE(posix->code.has_value());
  CHECK(parse_honggfuzz_artifact("SIGSEGV.PC.0.STACK.0.ADDR.0.2026-11-22.08:30:54.7.fuzz")->pid == 7);
  CHECK(parse_honggfuzz_artifact("SIGSEGV.PC.0.STACK.0.ADDR.0.INSTR.nop.xml", "fuzz")->instruction == "nop");
  CHECK(parse_honggfuzz_artifact("UNKNOWN-34.PC.0.STACK.0.ADDR.0.INSTR.nop.fuzz")->signal_name ==
        "UNKNOWN-34");
  CHECK(parse_honggfuzz_artifact("SIGSEGV.PC.0.STACK.0.ADDR.0.INSTR.nop.fuzz.orig")->superseded);
  CHECK(parse_honggfuzz_artifact("SIGSEGV.PC.0.STACK.0.ADDR.0.INSTR.nop.fuzz.verified")->verified);
}

TEST_CASE("what lies beside crashes in a workspace is no crash") {
  for (const char* name :
       {"", "HONGGFUZZ.REPORT.TXT", "HF.sanitizer.log.23624",
        "0123456789abcdef0123456789abcdef.00000004.honggfuzz.cov", "SIGABRT", "SIG.PC.0.STACK.0.ADDR.0.fuzz",
        "SIGSEGV.PC.zz.STACK.0.ADDR.0.fuzz", "SIGSEGV.PC.0.STACK.0.ADDR.0", "SIGSEGV.PC.0.STACK..ADDR.0.fuzz",
        "SIGSEGV.PC.0.STACK.0.CODE.x.ADDR.0.fuzz", "SIGSEGV.PC.0.STACK.0.ADDR.0.x.fuzz",
        "SIGSEGV.PC.11112222333344445.STACK.0.ADDR.0.fuzz", "xSIGSEGV.PC.0.STACK.0.ADDR.0.fuzz"}) {
    INFO(name);
    CHECK_FALSE(parse_honggfuzz_artifact(name).has_value());
  }
}

}  // namespace fuzzmill::producers
