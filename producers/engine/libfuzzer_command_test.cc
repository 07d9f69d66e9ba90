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
