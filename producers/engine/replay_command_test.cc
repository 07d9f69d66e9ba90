#include "producers/engine/replay_command.h"

#include "producers/engine/sanitizer_flags.h"
#include "producers/engine/target_command.h"
#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using Words = std::vector<std::string>;

ReplaySource source(Engine engine, Words command,
                    std::vector<std::pair<std::string, std::string>> environment = {}) {
  ReplaySource made;
  made.engine = engine;
  made.command = std::move(command);
  made.get = variables(std::move(environment));
  made.working_dir = "/campaign";
  return made;
}

std::string flag(const ReplayCommand& replay, const std::string& variable, const std::string& name) {
  return flag_value(parse_sanitizer_flags(value_in(replay.environment, variable)), name).value_or("(none)");
}

}  // namespace

TEST_CASE("libFuzzer replays one file with the flags that decide the verdict, and no others") {
  const auto replay = replay_command(source(
      Engine::kLibfuzzer,
      {"./out/fuzz", "-fork=4", "-rss_limit_mb=512", "-artifact_prefix=a/", "corpus", "-timeout=25",
       "-dict=x", "-jobs=3", "-merge=1", "-runs=9", "--own=1", "-ignore_remaining_args=1", "tail", "-x"}));
  REQUIRE(replay.ok());
  CHECK(replay->argv == Words{"/campaign/out/fuzz", "-rss_limit_mb=512", "-timeout=25", "@@",
                              "-ignore_remaining_args=1", "--own=1", "tail", "-x"});
  CHECK_FALSE(replay->input_on_stdin);
  CHECK(replay->timeout_ms == 25'000);
  CHECK(replay->rss_limit_mb == 512);
  CHECK(with_input(replay->argv, "/in/put")[3] == "/in/put");
  CHECK(replay_command(source(Engine::kLibfuzzer, {"fuzz"}))->argv == Words{"fuzz", "@@"});
  CHECK_FALSE(replay_command(source(Engine::kLibfuzzer, {"./f", "--in=@@"})).ok());
  CHECK_FALSE(replay_command(source(Engine::kLibfuzzer, {})).ok());
}

TEST_CASE("AFL's target gets its file in place of @@, on standard input, or as a driver's argument") {
  const auto marked =
      replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o", "-t", "500", "--", "./t", "--in=@@"}));
  REQUIRE(marked.ok());
  CHECK(marked->argv == Words{"/campaign/t", "--in=@@"});
  CHECK_FALSE(marked->input_on_stdin);
  CHECK(marked->timeout_ms == 500);
  CHECK(marked->crash_codes == std::vector<int>{86, 23});
  CHECK(with_input(marked->argv, "/i") == Words{"/campaign/t", "--in=/i"});
  const auto piped = replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o", "--", "/bin/t", "-x"}));
  REQUIRE(piped.ok());
  CHECK(piped->argv == Words{"/bin/t", "-x"});
  CHECK(piped->input_on_stdin);
  auto driver = source(Engine::kAfl, {"afl-fuzz", "-o", "o", "--", "./t", "-1000"});
  driver.words.afl_driver = true;
  const auto driven = replay_command(driver);
  REQUIRE(driven.ok());
  CHECK(driven->argv == Words{"/campaign/t", "@@"});
  CHECK_FALSE(driven->input_on_stdin);
  const auto named =
      replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o", "-f", "x.in", "--", "t", "x.in"}));
  REQUIRE(named.ok());
  CHECK(named->argv == Words{"t", "@@"});
  CHECK_FALSE(replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o", "-f", "x.in", "--", "t"})).ok());
  CHECK_FALSE(replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o", "-X", "--", "t"})).ok());
  CHECK_FALSE(replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o"})).ok());
}

TEST_CASE("AFL's environment for the target is the replay's too") {
  const auto replay = replay_command(
      source(Engine::kAfl, {"afl-fuzz", "-o", "o", "--", "t"},
             {{"AFL_PRELOAD", "/p.so"}, {"AFL_TARGET_ENV", "A=B"}, {"AFL_CRASH_EXITCODE", "9"}}));
  REQUIRE(replay.ok());
  CHECK(value_in(replay->environment, "LD_PRELOAD") == "/p.so");
  CHECK(value_in(replay->environment, "A") == "B");
  CHECK(replay->crash_codes == std::vector<int>{86, 23, 9});
}

TEST_CASE("honggfuzz's target gets its file in place of ___FILE___ or on standard input") {
  const auto marked = replay_command(
      source(Engine::kHonggfuzz, {"honggfuzz", "-t", "3", "-E", "A=B", "--", "./t", "-f", "___FILE___"}));
  REQUIRE(marked.ok());
  CHECK(marked->argv == Words{"/campaign/t", "-f", "@@"});
  CHECK(marked->timeout_ms == 3000);
  CHECK(value_in(marked->environment, "A") == "B");
  const auto piped = replay_command(source(Engine::kHonggfuzz, {"honggfuzz", "-s", "--", "t"}));
  CHECK(piped->input_on_stdin);
  const auto persistent = replay_command(source(Engine::kHonggfuzz, {"honggfuzz", "-P", "--", "t"}));
  CHECK(persistent->argv == Words{"t"});
  CHECK(persistent->input_on_stdin);
  auto driver = source(Engine::kHonggfuzz, {"honggfuzz", "--", "t", "-x"});
  driver.words.honggfuzz_driver = true;
  CHECK(replay_command(driver)->argv == Words{"t", "-x", "@@"});
  CHECK_FALSE(replay_command(source(Engine::kHonggfuzz, {"honggfuzz", "--", "t", "@@", "___FILE___"})).ok());
}

TEST_CASE("a replay's options make a report, and keep what the user chose of the verdict") {
  const auto replay = replay_command(
      source(Engine::kLibfuzzer, {"fuzz"},
             {{"ASAN_OPTIONS",
               "symbolize=0:abort_on_error=1:log_path=/x:exitcode=0:allocator_may_return_null=1:"
               "detect_stack_use_after_return=1:suppressions=s.txt:detect_leaks=0"}}));
  REQUIRE(replay.ok());
  CHECK(flag(*replay, "ASAN_OPTIONS", "symbolize") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "abort_on_error") == "0");
  CHECK(flag(*replay, "ASAN_OPTIONS", "print_scariness") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "dedup_token_length") == "3");
  CHECK(flag(*replay, "ASAN_OPTIONS", "malloc_context_size") == "30");
  CHECK(flag(*replay, "ASAN_OPTIONS", "handle_sigill") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "log_path") == "(none)");
  CHECK(flag(*replay, "ASAN_OPTIONS", "exitcode") == "(none)");
  CHECK(flag(*replay, "ASAN_OPTIONS", "allocator_may_return_null") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "detect_stack_use_after_return") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "detect_leaks") == "0");
  CHECK(flag(*replay, "ASAN_OPTIONS", "suppressions") == "/campaign/s.txt");
  CHECK(flag(*replay, "ASAN_OPTIONS", "handle_abort") == "(none)");  // libFuzzer's own says "deadly signal"
  CHECK(flag(*replay, "UBSAN_OPTIONS", "print_stacktrace") == "1");
  CHECK(flag(*replay, "UBSAN_OPTIONS", "halt_on_error") == "1");
  CHECK(flag(*replay, "MSAN_OPTIONS", "symbolize") == "1");
  CHECK(value_in(replay->environment, "ASAN_SYMBOLIZER_PATH") == "(not set)");
}

TEST_CASE("AFL and honggfuzz switch leaks off by themselves, and so does a replay unless the user did not") {
  auto wanted = source(Engine::kAfl, {"afl-fuzz", "-o", "o", "--", "t"});
  wanted.symbolizer = "/usr/bin/llvm-symbolizer";
  const auto replay = replay_command(wanted);
  REQUIRE(replay.ok());
  CHECK(flag(*replay, "ASAN_OPTIONS", "detect_leaks") == "0");
  CHECK(flag(*replay, "ASAN_OPTIONS", "allocator_may_return_null") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "handle_abort") == "1");
  CHECK(flag(*replay, "ASAN_OPTIONS", "handle_segv") == "1");
  CHECK(value_in(replay->environment, "ASAN_SYMBOLIZER_PATH") == "/usr/bin/llvm-symbolizer");
  const auto chosen = replay_command(source(Engine::kAfl, {"afl-fuzz", "-o", "o", "--", "t"},
                                            {{"ASAN_OPTIONS", "abort_on_error=1:symbolize=0"}}));
  CHECK(flag(*chosen, "ASAN_OPTIONS", "detect_leaks") == "(none)");
  const auto given = replay_command(
      source(Engine::kHonggfuzz, {"honggfuzz", "-E", "ASAN_OPTIONS=detect_leaks=1", "--", "t"}));
  CHECK(flag(*given, "ASAN_OPTIONS", "detect_leaks") == "1");
  CHECK(flag(*given, "ASAN_OPTIONS", "symbolize") == "1");
}

TEST_CASE("the target's name comes from its program, whatever the engine") {
  const auto get = variables();
  CHECK(suggested_target_name(
            *target_command(Engine::kAfl, {"afl-fuzz", "-o", "o", "--", "/x/json", "@@"}, get)) == "json");
  CHECK(suggested_target_name(*target_command(Engine::kHonggfuzz, {"honggfuzz", "--", "a b"}, get)) == "a-b");
  CHECK(suggested_target_name(*target_command(Engine::kLibfuzzer, {"./out/fuzz_x", "c"}, get)) == "fuzz_x");
  CHECK_FALSE(target_command(Engine::kLibfuzzer, {}, get).ok());
  CHECK(suggested_target_name({"/x/"}) == "target");
  CHECK(suggested_target_name({std::string(300, 'a')}).size() == 64);
}

}  // namespace fuzzmill::producers
