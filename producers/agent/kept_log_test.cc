#include "producers/agent/kept_log.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

using namespace std::chrono_literals;

TEST_CASE("a kept log holds the last of what was said, in bounded space") {
  tests::TemporaryFolder folder;
  {
    KeptLog log(folder.path() / "log", 100);
    for (int i = 0; i < 50; ++i) log.write("line " + std::to_string(i) + "\n", KeptLog::Time{1s});
  }
  CHECK(folder.read("log").find("line 49\n") != std::string::npos);
  CHECK(folder.read("log").size() + folder.read("log.1").size() < 220);
  KeptLog again(folder.path() / "log", 1000);
  again.write("after a restart\n", KeptLog::Time{1s});
  CHECK(folder.read("log").find("line 49\nafter a restart\n") != std::string::npos);
}

TEST_CASE("a log that cannot be written pauses, and goes on when it can") {
  tests::TemporaryFolder folder;
  KeptLog log(folder.path() / "absent" / "log");
  log.write("lost\n", KeptLog::Time{1s});
  CHECK(log.paused());
  std::filesystem::create_directory(folder.path() / "absent");
  log.write("lost, too\n", KeptLog::Time{2s});
  log.write("kept\n", KeptLog::Time{60s});
  CHECK(folder.read("absent/log") == "kept\n");
}

}  // namespace fuzzmill::producers
