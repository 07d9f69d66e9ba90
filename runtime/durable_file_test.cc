#include "runtime/durable_file.h"

#include <sys/stat.h>

#include <atomic>
#include <thread>
#include <vector>

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

TEST_CASE("threads that write one file at once do not get into each other's way") {
  tests::TemporaryFolder folder;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string bytes(1000, static_cast<char>('a' + t));
      for (int i = 0; i < 50; ++i) failed += write_durably(folder.path() / "file", bytes).ok() ? 0 : 1;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  const auto bytes = folder.read("file");
  CHECK(bytes.size() == 1000);
  CHECK(bytes.find_first_not_of(bytes[0]) == std::string::npos);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

}  // namespace fuzzmill::runtime
