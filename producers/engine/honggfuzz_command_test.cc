#include "producers/engine/honggfuzz_command.h"

#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("a honggfuzz command tells its folders, its files and its target, in short and long options") {
  const auto command = parse_honggfuzz_command({"honggfuzz",    "-i",
                                                "in",           "--workspace",
                                                "hw",           "--crashdir=hc",
                                                "-vSn2",        "--statsfile",
                                                "s.csv",        "--dynamic_input=dyn",
                                                "-e",           "xml",
                                                "-t",           "2",
                                                "-E",           "A=B=C",
                                                "--rlimit_rss", "2048",
                                                "--",           "./t",
                                                "-i",           "___FILE___"});
  REQUIRE(command.ok());
  CHECK(command->input == "in");
  CHECK(command->workspace == "hw");
  CHECK(command->crash_path() == "hc");
  CHECK(command->report_path() == "hw/HONGGFUZZ.REPORT.TXT");
  CHECK(command->sanitizer_log_prefix() == "hw/HF.sanitizer.log");
  CHECK(command->stats_file == "s.csv");
  CHECK(command->dynamic_input == "dyn");
  CHECK(command->extension == "xml");
  CHECK(command->timeout_s == 2);
  CHECK(command->rss_limit_mb == 2048);
  CHECK(command->verbose);
  CHECK(command->sanitizers);
  CHECK(command->target_environment == Variables{{"A", "B=C"}});
  CHECK(command->target == std::vector<std::string>{"./t", "-i", "___FILE___"});
  CHECK(command->file_argument);
}

TEST_CASE("what is left out has honggfuzz's defaults, and long options may be cut") {
  const auto command = parse_honggfuzz_command(
      {"honggfuzz", "--inp", "in", "--exit_code_upon_crash", "99", "-s", "--", "./t"});
  REQUIRE(command.ok());
  CHECK(command->input == "in");
  CHECK(command->crash_path() == ".");
  CHECK(command->report_path() == "./HONGGFUZZ.REPORT.TXT");
  CHECK(command->extension == "fuzz");
  CHECK(command->crash_exit_code == 99);
  CHECK(command->input_on_stdin);
  CHECK_FALSE(command->file_argument);
  CHECK_FALSE(parse_honggfuzz_command({"honggfuzz", "-i", "in", "--"}).ok());
  CHECK_FALSE(parse_honggfuzz_command({}).ok());
}

TEST_CASE(
    "a workspace, a statistics file, a folder for imports and lines are added only where the user gave "
    "none") {
  const HonggfuzzOutput ours{"/w", "/s", "/d", true};
  CHECK(with_honggfuzz_output({"honggfuzz", "-i", "in", "--", "./t", "-v"}, ours) ==
        std::vector<std::string>{"honggfuzz", "--workspace", "/w", "--statsfile", "/s", "--dynamic_input",
                                 "/d", "--verbose", "-i", "in", "--", "./t", "-v"});
  const std::vector<std::string> given{"honggfuzz",       "-qW", "w",  "--statsfile=s",
                                       "--dynamic_input", "d",   "--", "./t"};
  CHECK(with_honggfuzz_output(given, ours) == given);
  CHECK(with_honggfuzz_output(given, {}) == given);
}

}  // namespace fuzzmill::producers
