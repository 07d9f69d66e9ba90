#include "runtime/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::runtime {
namespace {

// Folders in each other, `depth` of them, deeper than any path may be long.
void make_deep(const std::filesystem::path& top, int depth) {
  int at = ::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(at >= 0);
  for (int i = 0; i < depth; ++i) {
    REQUIRE(::mkdirat(at, "d", 0700) == 0);
    const int inner = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(inner >= 0);
    ::close(at);
    at = inner;
  }
  const int file = ::openat(at, "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  ::close(file);
  ::close(at);
}

}  // namespace

TEST_CASE("a private folder is ours alone and goes with its owner, with what it holds") {
  tests::TemporaryFolder base;
  std::filesystem::path path;
  {
    auto folder = PrivateFolder::make(base.path());
    REQUIRE(folder.ok());
    path = folder->path();
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
    std::ofstream(path / "file") << "text";
    PrivateFolder moved = std::move(*folder);
    CHECK(moved.path() == path);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(PrivateFolder::make(base.path() / "absent").error().code == schema::ErrorCode::kNotFound);
}

TEST_CASE("removal copes with what a hostile program leaves behind and follows no link") {
  tests::TemporaryFolder base;
  const auto outside = base.write("outside/kept", "text");
  const auto inside = base.path() / "inside";
  std::filesystem::create_directories(inside / "locked/inner");
  std::ofstream(inside / "locked/inner/file") << "text";
  std::filesystem::create_directory_symlink(outside.parent_path(), inside / "link");
  make_deep(inside, 500);
  ::chmod((inside / "locked/inner").c_str(), 0);
  ::chmod((inside / "locked").c_str(), 0);
  CHECK(remove_folder(inside));
  CHECK_FALSE(std::filesystem::exists(inside));
  CHECK(std::filesystem::exists(outside));
  CHECK(remove_folder(inside));  // not there: nothing to do
}

TEST_CASE("a folder is measured within bounds") {
  tests::TemporaryFolder base;
  base.write("a/one", std::string(100'000, 'x'));
  base.write("b/two", std::string(50'000, 'x'));
  const auto use = measure_folder(base.path(), 100);
  CHECK(use.entries == 4);
  CHECK(use.bytes >= 150'000);
  CHECK(use.bytes < 200'000);
  CHECK(measure_folder(base.path(), 2).entries == 3);
  make_deep(base.path(), 100);
  CHECK(measure_folder(base.path(), 1000).entries > 1000);  // too deep to be looked at
  CHECK(measure_folder(base.path() / "absent", 10).entries == 0);
}

}  // namespace fuzzmill::runtime
