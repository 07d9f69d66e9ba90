#include "producers/engine/afl_command.h"

#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("an afl-fuzz command tells its folders, its instance, its limits and its target") {
  const auto command = parse_afl_command(
      {"afl-fuzz", "-i",   "in", "-oout", "-M",  "main:1/4", "-F", "/other", "-e", ".xml",    "-t", "500+",
       "-m",       "none", "-V", "40",    "-Qx", "dict",     "--", "./t",    "-v", "--in=@@", "-o", "x"},
      variables());
  REQUIRE(command.ok());
  CHECK(command->input == "in");
  CHECK(command->output == "out");
  CHECK(command->instance == "main");
  CHECK(command->main);
  CHECK_FALSE(command->secondary);
  CHECK(command->foreign_folders == std::vector<std::string>{"/other"});
  CHECK(command->extension == "xml");
  CHECK(command->timeout_ms == 500);
  CHECK(command->memory_limit == "none");
  CHECK(command->seconds == 40);
  CHECK(command->mode == 'Q');
  CHECK(command->target == std::vector<std::string>{"./t", "-v", "--in=@@", "-o", "x"});
  CHECK_FALSE(command->input_on_stdin);
  CHECK_FALSE(command->in_place_resume);
  CHECK(command->instance_folder() == "out/main");
}

TEST_CASE("the target may follow without dashes; without @@ it reads standard input") {
  const auto command = parse_afl_command({"afl-fuzz", "-i", "-", "-o", "out", "./t", "-x"}, variables());
  REQUIRE(command.ok());
  CHECK(command->target == std::vector<std::string>{"./t", "-x"});
  CHECK(command->input_on_stdin);
  CHECK(command->in_place_resume);
  CHECK(command->instance == "default");
}

TEST_CASE("AFL's environment changes names, resumes and what counts as a crash") {
  const auto command = parse_afl_command({"afl-fuzz", "-i", "in", "-o", "out", "--", "./t"},
                                         variables({{"AFL_SHA1_FILENAMES", "1"},
                                                    {"AFL_AUTORESUME", "1"},
                                                    {"AFL_CRASH_EXITCODE", "99"},
                                                    {"AFL_PRELOAD", "/lib/x.so"},
                                                    {"AFL_TARGET_ENV", "A=B  C=D=E junk"},
                                                    {"AFL_FUZZER_STATS_UPDATE_INTERVAL", "5"}}));
  REQUIRE(command.ok());
  CHECK(command->sha1_names);
  CHECK(command->in_place_resume);
  CHECK(command->crash_exit_code == 99);
  CHECK(command->preload == "/lib/x.so");
  CHECK(command->target_environment == Variables{{"A", "B"}, {"C", "D=E"}});
  CHECK(command->stats_interval_s == 5);
  const auto odd = parse_afl_command({"afl-fuzz", "-o", "o", "t"},
                                     variables({{"AFL_CRASH_EXITCODE", "x"}, {"AFL_AUTORESUME", "0"}}));
  CHECK_FALSE(odd->crash_exit_code.has_value());
  CHECK_FALSE(odd->in_place_resume);
}

TEST_CASE("a command without a target and an instance that is a path are refused") {
  CHECK_FALSE(parse_afl_command({"afl-fuzz", "-i", "in", "-o"}, variables()).ok());
  CHECK_FALSE(parse_afl_command({}, variables()).ok());
  for (const char* name : {"../../etc", ".", "", "a/b"}) {
    INFO(name);
    CHECK_FALSE(parse_afl_command({"afl-fuzz", "-S", name, "-o", "out", "--", "./t"}, variables()).ok());
  }
}

TEST_CASE("an output folder is added only where the user gave none") {
  const std::vector<std::string> given{"afl-fuzz", "-i", "in", "-oout", "--", "./t", "-o", "x"};
  CHECK(with_afl_output(given, "/ours") == given);
  for (const std::string named : {"-Mmain", "-S sec"}) {
    const std::vector<std::string> has_one{"afl-fuzz", "-i", "in", named, "--", "./t"};
    CHECK(with_afl_instance(has_one, "default") == has_one);
  }
  CHECK(with_afl_instance({"afl-fuzz", "-i", "in", "--", "./t", "-S", "x"}, "default") ==
        std::vector<std::string>{"afl-fuzz", "-S", "default", "-i", "in", "--", "./t", "-S", "x"});
  CHECK(with_afl_output({"afl-fuzz", "-i", "in", "--", "./t", "-o", "x"}, "/ours") ==
        std::vector<std::string>{"afl-fuzz", "-o", "/ours", "-i", "in", "--", "./t", "-o", "x"});
}

}  // namespace fuzzmill::producers
