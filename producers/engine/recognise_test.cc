#include "producers/engine/recognise.h"

#include "producers/engine/wrapper.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

schema::Result<ProgramWords> only_fuzz_x(const std::string& program) {
  ProgramWords words;
  words.libfuzzer = program == "./fuzz_x";
  words.afl_driver = program == "./afl_x";
  if (program == "./absent") return schema::not_found("./absent: No such file or directory");
  return words;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an engine is recognised by its program, through any wrappers") {
  struct Row {
    std::vector<std::string> argv;
    Engine engine;
    std::size_t program;  // where in argv
  };
  const Row rows[] = {
      {{"./fuzz_x", "corpus"}, Engine::kLibfuzzer, 0},
      {{"afl-fuzz", "-i", "in", "-o", "out", "--", "./t"}, Engine::kAfl, 0},
      {{"/opt/afl/afl-fuzz", "-i", "in", "-o", "out", "--", "./t"}, Engine::kAfl, 0},
      {{"honggfuzz", "-i", "in", "--", "./t"}, Engine::kHonggfuzz, 0},
      {{"env", "A=B", "ASAN_OPTIONS=x=1", "./fuzz_x"}, Engine::kLibfuzzer, 3},
      {{"/usr/bin/env", "-u", "HOME", "-i", "A=B", "./fuzz_x"}, Engine::kLibfuzzer, 5},
      {{"nice", "-n", "19", "ionice", "-c3", "./fuzz_x"}, Engine::kLibfuzzer, 5},
      {{"nice", "-19", "./fuzz_x"}, Engine::kLibfuzzer, 2},
      {{"timeout", "-k", "5", "--signal=TERM", "1h", "afl-fuzz", "-o", "o", "--", "t"}, Engine::kAfl, 5},
      {{"taskset", "-c", "0-3", "./fuzz_x"}, Engine::kLibfuzzer, 3},
      {{"setarch", "x86_64", "-R", "./fuzz_x"}, Engine::kLibfuzzer, 3},
      {{"setarch", "-R", "./fuzz_x"}, Engine::kLibfuzzer, 2},
      {{"stdbuf", "-oL", "-e", "L", "./fuzz_x"}, Engine::kLibfuzzer, 4},
      {{"chrt", "-i", "0", "./fuzz_x"}, Engine::kLibfuzzer, 3},
      {{"systemd-run", "--scope", "-p", "MemoryMax=2G", "--", "./fuzz_x"}, Engine::kLibfuzzer, 5},
      {{"sudo", "-u", "fuzz", "A=B", "nohup", "./fuzz_x"}, Engine::kLibfuzzer, 5},
  };
  for (const auto& row : rows) {
    INFO(row.argv[0] << " " << row.argv.back());
    const auto found = recognise(row.argv, only_fuzz_x);
    REQUIRE(found.ok());
    CHECK(found->engine == row.engine);
    CHECK(found->before.size() == row.program);
    REQUIRE(found->command.size() == row.argv.size() - row.program);
    CHECK(found->command.front() == row.argv[row.program]);
  }
}

TEST_CASE("what env sets on the way is told") {
  const auto found = recognise({"env", "-i", "A=B", "EMPTY=", "./fuzz_x", "C=D"}, only_fuzz_x);
  REQUIRE(found.ok());
  CHECK(found->clean_environment);
  CHECK(found->environment == Variables{{"A", "B"}, {"EMPTY", ""}});
  CHECK(found->command == std::vector<std::string>{"./fuzz_x", "C=D"});
}

TEST_CASE("what is not recognised says what was looked at and names the way out") {
  const auto unknown = recognise({"nice", "./tool", "afl-fuzz"}, only_fuzz_x);
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().code == schema::ErrorCode::kInvalid);
  CHECK(holds(unknown.error().message, "./tool"));
  CHECK(holds(unknown.error().message, "looked through nice"));
  CHECK(holds(unknown.error().message, "--engine libfuzzer|afl|honggfuzz"));
  const auto shell = recognise({"timeout", "9", "bash", "-c", "./fuzz_x"}, only_fuzz_x);
  REQUIRE_FALSE(shell.ok());
  CHECK(holds(shell.error().message, "bash is a shell"));
  CHECK(holds(recognise({"./afl_x"}, only_fuzz_x).error().message, "afl-fuzz -i IN -o OUT -- ./afl_x"));
  CHECK(holds(recognise({"nice", "-n"}, only_fuzz_x).error().message, "nice is given no command"));
  CHECK_FALSE(recognise({"env", "-S", "./fuzz_x -runs=1"}, only_fuzz_x).ok());
  CHECK_FALSE(recognise({}, only_fuzz_x).ok());
  CHECK(recognise({"./absent"}, only_fuzz_x).error().code == schema::ErrorCode::kNotFound);
}

TEST_CASE("the user's word on the engine is taken without a look at the program") {
  const auto found = recognise_as(Engine::kAfl, {"nice", "./my-afl", "-o", "out"});
  REQUIRE(found.ok());
  CHECK(found->engine == Engine::kAfl);
  CHECK(found->command == std::vector<std::string>{"./my-afl", "-o", "out"});
  CHECK(recognise_as(Engine::kLibfuzzer, {"bash", "fuzz.sh"})->command.size() == 2);
  CHECK_FALSE(recognise_as(Engine::kAfl, {"nice"}).ok());
}

TEST_CASE("the words of a program's file tell what it is linked with") {
  tests::TemporaryFolder folder;
  const auto driver =
      folder.write("driver", std::string("\x7f") + "ELF\nThis binary is built " + "for afl++.\n");
  const auto words = words_of_program(driver);
  REQUIRE(words.ok());
  CHECK(words->afl_driver);
  CHECK_FALSE(words->libfuzzer);
  // Wherever in the file they stand.
  for (const std::size_t before : {256 * 1024 - 70, 256 * 1024 - 10, 3 * 256 * 1024 - 5}) {
    const auto late =
        folder.write("late", std::string(before, 'x') + "This binary is built " + "for afl++.\n");
    CHECK(words_of_program(late)->afl_driver);
  }
  CHECK(words_of_command("sh")->libfuzzer == false);
  CHECK(words_of_command("no-such-program-anywhere").error().code == schema::ErrorCode::kNotFound);
  CHECK(words_of_program(folder.path()).error().code == schema::ErrorCode::kInvalid);
}

}  // namespace fuzzmill::producers
