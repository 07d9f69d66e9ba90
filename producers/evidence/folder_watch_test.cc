#include "producers/evidence/folder_watch.h"

#include <poll.h>

#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

bool readable(const FolderWatch& watch) {
  pollfd waiting{watch.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 10'000) == 1;
}

}  // namespace

TEST_CASE("the watch tells of files that were closed and moved in, and of no others") {
  tests::TemporaryFolder folder;
  const auto art = folder.path() / "art";
  std::filesystem::create_directories(art);
  auto watch = FolderWatch::make();
  REQUIRE(watch);
  REQUIRE((*watch)->add(art, FolderWatch::Interest::kFiles));
  CHECK((*watch)->watches(art));
  std::ofstream open(art / "begun");
  open << "half" << std::flush;
  CHECK((*watch)->read().files.empty());
  open.close();
  folder.write("other", "x");
  std::filesystem::rename(folder.path() / "other", art / "moved");
  REQUIRE(readable(**watch));
  CHECK((*watch)->read().files == std::vector<std::filesystem::path>{art / "begun", art / "moved"});
}

TEST_CASE("a folder watched for folders tells of new ones, and not of its files") {
  tests::TemporaryFolder folder;
  auto watch = FolderWatch::make();
  REQUIRE(watch);
  REQUIRE((*watch)->add(folder.path(), FolderWatch::Interest::kFolders));
  folder.write("file", "x");
  std::filesystem::create_directory(folder.path() / "main");
  REQUIRE(readable(**watch));
  const auto changes = (*watch)->read();
  CHECK(changes.files.empty());
  CHECK(changes.folders == std::vector<std::filesystem::path>{folder.path() / "main"});
}

TEST_CASE("a folder that vanished is forgotten and can be watched anew") {
  tests::TemporaryFolder folder;
  const auto art = folder.path() / "art";
  auto watch = FolderWatch::make();
  REQUIRE(watch);
  CHECK((*watch)->add(art, FolderWatch::Interest::kFiles).error().code == schema::ErrorCode::kNotFound);
  std::filesystem::create_directories(art);
  REQUIRE((*watch)->add(art, FolderWatch::Interest::kFiles));
  std::filesystem::remove_all(art);
  REQUIRE(readable(**watch));
  (void)(*watch)->read();
  CHECK_FALSE((*watch)->watches(art));
  std::filesystem::create_directories(art);
  REQUIRE((*watch)->add(art, FolderWatch::Interest::kFiles));
  folder.write("art/file", "x");
  REQUIRE(readable(**watch));
  CHECK((*watch)->read().files.size() == 1);
}

}  // namespace fuzzmill::producers
