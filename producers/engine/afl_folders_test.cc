#include "producers/engine/afl_folders.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("an output folder's instances are found with every place where crashes lie") {
  tests::TemporaryFolder folder;
  folder.write("out/main/fuzzer_stats", "start_time : 1\n");
  folder.write("out/main/is_main_node", "");
  folder.write("out/main/queue/id:000000", "x");
  folder.write("out/main/crashes/README.txt", "x");
  folder.write("out/main/hangs/id:000000", "x");
  folder.write("out/main/crashes.2026-11-22-08:30:54/id:000000,sig:06", "x");
  folder.write("out/main/hangs.2026-11-22-08:30:54/id:000000", "x");
  folder.write("out/main/crashes.bak/id:000000", "x");
  folder.write("out/second/fuzzer_setup", "");
  folder.write("out/foreign/queue/1", "x");
  folder.write("out/.hidden/fuzzer_stats", "");
  folder.write("out/notes.txt", "");
  std::filesystem::create_directory_symlink(folder.path() / "out/main", folder.path() / "out/link");

  const auto instances = afl_instances(folder.path() / "out", folder_lister());
  REQUIRE(instances.size() == 2);
  const auto& main = instances[0];
  CHECK(main.name == "main");
  CHECK(main.main);
  CHECK(main.stats == folder.path() / "out/main/fuzzer_stats");
  CHECK(main.queue == folder.path() / "out/main/queue");
  REQUIRE(main.artifacts.size() == 4);
  CHECK(main.artifacts[0].path.filename() == "crashes");
  CHECK_FALSE(main.artifacts[0].dated);
  CHECK(main.artifacts[1].dated);
  CHECK(main.artifacts[1].holds == AflFolder::kCrashes);
  CHECK(main.artifacts[3].holds == AflFolder::kHangs);
  CHECK(main.artifacts[3].dated);
  CHECK(instances[1].name == "second");
  CHECK(instances[1].artifacts.empty());
  CHECK_FALSE(instances[1].main);
}

TEST_CASE("AFL before 3.0 alone has its folders in the output folder itself") {
  tests::TemporaryFolder folder;
  folder.write("out/queue/id:000000", "x");
  folder.write("out/crashes/id:000000,sig:11", "x");
  const auto instances = afl_instances(folder.path() / "out", folder_lister());
  REQUIRE(instances.size() == 1);
  CHECK(instances[0].name.empty());
  CHECK(instances[0].folder == folder.path() / "out");
  CHECK(afl_instances(folder.path() / "absent", folder_lister()).empty());
}

TEST_CASE("only AFL's own forms of dated folders hold artifacts") {
  CHECK(afl_artifact_folder("x/crashes_20261122083054")->dated);
  CHECK(afl_artifact_folder("x/hangs.2026-11-22-08:30:54")->holds == AflFolder::kHangs);
  for (const char* name :
       {"crashes.", "crashes.2026", "crashes.2026-11-22-08:30:5x", "crash", "my-crashes", "queue"})
    CHECK_FALSE(afl_artifact_folder(name).has_value());
}

}  // namespace fuzzmill::producers
