#include "producers/corpus/corpus.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("a snapshot takes the newest files within its limits and counts what it leaves out") {
  NewestFiles newest({2, 10, 15});
  newest.offer({"old", 5, 1}), newest.offer({"new", 6, 3}), newest.offer({"large", 11, 4}),
      newest.offer({"mid", 10, 2});
  CHECK(newest.seen_files() == 4);
  CHECK(newest.seen_bytes() == 32);
  const auto chosen = newest.take();
  REQUIRE(chosen.size() == 1);  // "mid" is over the sum, "old" over the number, "large" over the size
  CHECK(chosen[0].path == "new");

  tests::TemporaryFolder folder;
  folder.write("a", "same name"), folder.write("sub/a", "in a sub-folder"), folder.write("b b", "odd name");
  folder.write("big", std::string(100, 'x'));
  std::filesystem::create_symlink(folder.path() / "big", folder.path() / "link");
  const auto snapshot = take_snapshot(folder.path(), {10, 50, 1000});
  CHECK(snapshot.body.files == 4);
  CHECK(snapshot.body.files_left_out == 1);
  CHECK(snapshot.files.size() == 3);
  for (const auto& file : snapshot.files) CHECK(schema::valid_name(file.name));
  CHECK(folder.read("big").size() == 100);  // nothing of a corpus is ever removed
  CHECK(take_snapshot(folder.path() / "absent", {}).body.files == 0);
}

}  // namespace fuzzmill::producers
