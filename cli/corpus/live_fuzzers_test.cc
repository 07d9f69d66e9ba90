#include "cli/corpus/live_fuzzers.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;
namespace fs = std::filesystem;

TEST_CASE("A fuzzer works in a folder when its command or its working folder says so") {
  const tests::TemporaryFolder folder;
  for (const char* name : {"corpus/sub", "out/default/queue", "else", "cwd"})
    fs::create_directories(folder.path() / name);
  fs::create_directory_symlink(folder.path() / "corpus", folder.path() / "link");
  producers::FuzzerFound fuzzer;
  fuzzer.pid = 7, fuzzer.program = "/x/target", fuzzer.working_dir = folder.path() / "cwd";
  const auto uses = [&](std::vector<std::string> argv, const std::string& name) {
    fuzzer.argv = std::move(argv);
    return fuzzers_in({fuzzer}, folder.path() / name).size() == 1;
  };
  CHECK(uses({"./target", "../corpus"}, "corpus"));
  CHECK(uses({"./target", "../corpus/"}, "corpus"));
  CHECK(uses({"./target", "../link"}, "corpus"));
  CHECK(uses({"./target", "../corpus"}, "link"));
  CHECK(uses({"./target", "../corpus"}, "corpus/sub"));
  CHECK(uses({"./target", "../corpus/sub"}, "corpus"));
  CHECK(uses({"./target", "-artifact_prefix=../corpus/"}, "corpus"));
  CHECK(uses({"afl-fuzz", "-i", "../else", "-o", "../out", "--", "./t"}, "out/default/queue"));
  CHECK(uses({"./target"}, "cwd"));
  CHECK_FALSE(uses({"./target", "../corpus"}, "else"));
  CHECK_FALSE(uses({"./target", "../corpus"}, "corpus2"));
  CHECK_FALSE(uses({"./target", "-max_len=8", "../nowhere"}, "nowhere"));
}
