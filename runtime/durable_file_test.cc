#include "runtime/durable_file.h"

#include <sys/stat.h>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::runtime {

TEST_CASE("a file is written whole, in place of an older one, readable by its owner alone") {
  tests::TemporaryFolder folder;
  folder.write("file", "a much longer text that was there before");
  const std::string bytes("new\0bytes", 9);
  REQUIRE(write_durably(folder.path() / "file", bytes));
  CHECK(folder.read("file") == bytes);
  struct stat info {};
  REQUIRE(::stat((folder.path() / "file").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a file that cannot be written leaves nothing behind and says why") {
  tests::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "taken" / "full");
  const auto status = write_durably(folder.path() / "taken", "x");
  REQUIRE_FALSE(status);
  CHECK(status.error().message.find("taken") != std::string::npos);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK_FALSE(write_durably(folder.path() / "no" / "folder", "x"));
}

}  // namespace fuzzmill::runtime
