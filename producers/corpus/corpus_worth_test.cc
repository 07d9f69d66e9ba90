#include "producers/corpus/corpus_worth.h"

#include <map>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("the name of an AFL++ entry says whether it brought coverage, was imported, or is a seed") {
  CHECK(parse_afl_entry("id:000002,src:000001,time:190,execs:35,op:havoc,rep:2,+cov").brought_coverage);
  CHECK(parse_afl_entry("main/queue/id:000002,src:000001,op:havoc,+cov.png").brought_coverage);
  CHECK(parse_afl_entry("id:000005,sync:fuzzmill,src:000000,+cov").imported);
  CHECK(parse_afl_entry("id:000005,sync:fuzzmill,src:000000,+cov").brought_coverage);
  CHECK(parse_afl_entry("id:000000,time:0,execs:0,orig:1").seed);
  const auto tricky = parse_afl_entry("id:000000,time:0,execs:0,orig:a,sync:b,+cov");
  CHECK(tricky.seed);
  CHECK_FALSE(tricky.imported);
  CHECK_FALSE(tricky.brought_coverage);
  CHECK_FALSE(parse_afl_entry("id:000001,src:000000,op:havoc,rep:2").brought_coverage);
}

TEST_CASE("the corpus of AFL++ is the queues of all its instances, with the favoured entries known") {
  tests::TemporaryFolder folder;
  for (const auto* name : {"main/queue/id:000000,orig:a", "main/queue/id:000001,src:000000,+cov",
                           "main/queue/id:000002,src:000000,+cov", "main/fuzzer_stats", "sec/fuzzer_stats",
                           "sec/queue/id:000000,src:000000,+cov", "sec/queue/id:000001,orig:b",
                           "main/queue/.state/redundant_edges/id:000001,src:000000,+cov",
                           "fuzzmill/queue/id:000000,sha256:00", "main/crashes/id:000000", "other/file"}) {
    folder.write(name, "x");
  }
  const auto worth = CorpusWorth::of_afl(folder.path());
  std::map<std::string, std::string> reasons;
  const auto count = scan_corpus(
      {folder.path(), true}, [&](CorpusEntry entry) { reasons[entry.name] = worth.of(entry.name).reason; });
  CHECK(count.files == 5);
  CHECK(count.bytes == 5);
  CHECK(reasons ==
        std::map<std::string, std::string>{{"main/queue/id:000000,orig:a", "favoured"},
                                           {"main/queue/id:000001,src:000000,+cov", "new-coverage"},
                                           {"main/queue/id:000002,src:000000,+cov", "favoured"},
                                           {"sec/queue/id:000000,src:000000,+cov", "new-coverage"},
                                           {"sec/queue/id:000001,orig:b", "newest"}});
}

TEST_CASE("a corpus is a folder with its sub-folders: no links, no dot files, no special files") {
  tests::TemporaryFolder folder;
  folder.write("c/a", "12"), folder.write("c/sub/deep/b b", "345"), folder.write("c/.state/x", "1");
  folder.write("c/.hidden", "1"), folder.write("outside", "1");
  std::filesystem::create_symlink(folder.path() / "outside", folder.path() / "c/link");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "c/loop");
  folder.write("c/" + std::string(250, 'd') + "/" + std::string(250, 'd') + "/" + std::string(250, 'd') +
                   "/" + std::string(250, 'd') + "/" + std::string(250, 'd'),
               "four");
  std::map<std::string, std::uint64_t> found;
  const auto count = scan_corpus({folder.path() / "c"}, [&](CorpusEntry entry) {
    CHECK(entry.inode != 0);
    CHECK(entry.mtime_ns > 1'000'000'000'000'000'000);
    found[entry.name] = entry.size;
  });
  CHECK(found == std::map<std::string, std::uint64_t>{{"a", 2}, {"sub/deep/b b", 3}});
  CHECK(count.files == 3);
  CHECK(count.unnamed_files == 1);
  CHECK(count.unnamed_bytes == 4);
  CHECK(scan_corpus({folder.path() / "absent"}, [](CorpusEntry) { FAIL("nothing is there"); }).files == 0);
}

}  // namespace fuzzmill::producers
