#include "producers/corpus/new_finds.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using Names = std::vector<std::string>;

Names look(NewFinds& finds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto found = finds.look(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()));
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("what is added after the first look is new, once") {
  tests::TemporaryFolder folder;
  folder.write("c/seed", "1"), folder.write("c/sub/x", "2");
  NewFinds finds({folder.path() / "c"}, 0);
  CHECK(look(finds).empty());
  CHECK(look(finds).empty());
  folder.write("c/found", "3"), folder.write("c/.hidden", "4"), folder.write("c/sub/y", "5");
  CHECK(look(finds) == Names{"found"});
  folder.write("c/again", "6");
  CHECK(look(finds) == Names{"again"});
  CHECK(look(finds).empty());
}

TEST_CASE("what was added while we were away is new at the first look") {
  tests::TemporaryFolder folder;
  const auto old = folder.write("c/old", "1");
  folder.write("c/young", "2");
  const auto hour_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(old, hour_ago);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  NewFinds finds({folder.path() / "c"}, static_cast<std::uint64_t>(now_ms - 600'000));
  CHECK(look(finds) == Names{"young"});
}

TEST_CASE("of AFL++ only what an instance found itself is new, and an instance that appears is read") {
  tests::TemporaryFolder folder;
  folder.write("main/fuzzer_stats", ""), folder.write("main/queue/id:000000,orig:a", "1");
  NewFinds finds({folder.path(), true}, 0);
  CHECK(look(finds).empty());
  folder.write("main/queue/id:000001,src:000000,+cov", "2");
  folder.write("main/queue/id:000002,sync:fuzzmill,src:000000,+cov", "3");
  folder.write("fuzzmill/queue/id:000000,sha256:0123456789abcdef", "3");
  folder.write("sec/fuzzer_stats", ""), folder.write("sec/queue/id:000000,src:000003", "4");
  CHECK(look(finds) == Names{"main/queue/id:000001,src:000000,+cov", "sec/queue/id:000000,src:000003"});
}

}  // namespace fuzzmill::producers
