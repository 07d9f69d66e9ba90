#include "producers/engine/libfuzzer_command.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("a command line tells where artifacts go, which corpus it has and whether it forks") {
  const auto command = parse_libfuzzer_command({"./fuzz", "-artifact_prefix=a/", "corpus", "-fork=2", "--x=1",
                                                "-artifact_prefix=b/", "seeds", "-exact_artifact_path=e"});
  CHECK(command.artifact_prefix == "b/");
  CHECK(command.exact_artifact_path == "e");
  CHECK(command.operands == std::vector<std::string>{"corpus", "seeds"});
  CHECK(command.many_processes);
  const auto plain = parse_libfuzzer_command({"./fuzz", "-fork=0", "-runs=1"});
  CHECK_FALSE(plain.artifact_prefix.has_value());
  CHECK_FALSE(plain.many_processes);
  CHECK(with_artifact_folder({"./fuzz"}, "/a").back() == "-artifact_prefix=/a/");
  CHECK(with_artifact_folder({"./fuzz"}, "/a/").back() == "-artifact_prefix=/a/");
}

TEST_CASE("the artifact folder is told to libFuzzer, not to the target behind -ignore_remaining_args") {
  const auto argv = with_artifact_folder({"./fuzz", "-ignore_remaining_args=1", "own"}, "/a");
  CHECK(parse_libfuzzer_command(argv).artifact_prefix == "/a/");
  CHECK(parse_libfuzzer_command(argv).own_arguments == std::vector<std::string>{"own"});
}

TEST_CASE("what is no fuzzing and what belongs to the target is told apart") {
  const auto command =
      parse_libfuzzer_command({"./fuzz", "-jobs=8", "-set_cover_merge=1", "-minimize_crash=1", "--own", "in",
                               "-ignore_remaining_args=1", "-jobs=2", "x"});
  CHECK(command.jobs == 8);
  CHECK(command.many_processes);
  CHECK(command.merge);
  CHECK(command.minimize_crash);
  CHECK(command.own_arguments == std::vector<std::string>{"--own", "-jobs=2", "x"});
  CHECK(command.operands == std::vector<std::string>{"in"});
  CHECK_FALSE(parse_libfuzzer_command({"./fuzz", "-merge=0", "-jobs=x"}).merge);
}

TEST_CASE("the logs of this run's jobs are told from those that lie there from before") {
  const std::vector<FileSeen> files{
      {"fuzz-10.log", 50'000}, {"fuzz-0.log", 60'000},    {"fuzz-1.log", 20'000},  {"fuzz-12.log", 60'000},
      {"fuzz-x.log", 60'000},  {"fuzz-2.log.gz", 60'000}, {"fuzz-02.log", 60'000}, {"myfuzz-2.log", 60'000}};
  const auto logs = job_logs(files, 12, 50'500);
  REQUIRE(logs.size() == 2);
  CHECK(logs[0].name == "fuzz-0.log");
  CHECK(logs[1].job == 10);
  CHECK(job_logs(files, 0, 0).empty());
}

TEST_CASE("a program without libFuzzer is refused and says why") {
  tests::TemporaryFolder folder;
  const auto status = is_libfuzzer_program("/bin/sh");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == schema::ErrorCode::kInvalid);
  CHECK(status.error().message.find("-fsanitize=fuzzer") != std::string::npos);
  CHECK(is_libfuzzer_program(folder.path() / "absent").error().code == schema::ErrorCode::kNotFound);
  CHECK_FALSE(is_libfuzzer_program(folder.write("empty", "")).ok());
}

}  // namespace fuzzmill::producers
