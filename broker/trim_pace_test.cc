#include "broker/trim_pace.h"

#include "tests/catch.h"

using fuzzmill::broker::TrimPace;
using fuzzmill::store::EntryId;

TEST_CASE("trimming keeps step with appending and never passes what is unfinished") {
  TrimPace pace;
  std::uint64_t floor = 0, trimmed = 0;
  for (std::uint64_t n = 1; n <= 4000; ++n) {
    if (n > 1000) floor = n - 1000;  // the stage is a thousand entries behind
    const EntryId to = pace.trim_with(2000, {7, floor});
    if (to != EntryId{}) {
      CHECK(to.n <= floor);
      CHECK(to.n > trimmed);
      trimmed = to.n;
    }
    pace.appended({7, n}, 2000);
  }
  CHECK(trimmed + 20 > floor);
}

TEST_CASE("nothing is trimmed while nothing is finished, and it catches up after") {
  TrimPace pace;
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    CHECK(pace.trim_with(2000, {}) == EntryId{});
    pace.appended({7, n}, 2000);
  }
  std::uint64_t trimmed = 0;
  for (std::uint64_t n = 1001; n <= 2200; ++n) {
    if (const EntryId to = pace.trim_with(2000, {7, n}); to != EntryId{}) trimmed = to.n;
    pace.appended({7, n}, 2000);
  }
  CHECK(trimmed > 2100);
}
