#include "workers/fingerprint/group/vague.h"

#include "tests/catch.h"
#include "workers/fingerprint/group/faces.h"

using namespace fuzzmill::workers;

TEST_CASE("a face is vague for what it lost, not for what no report of its kind tells") {
  CHECK_FALSE(is_vague(shown({.stack = "decode@a.c:9 < run@a.c:50"}).face));
  CHECK_FALSE(is_vague(shown({.kind = "stack-overflow", .stack = "walk@a.c:9 < run@a.c:50"}).face));
  CHECK(is_vague(shown({.kind = "SEGV", .stack = "decode@a.c:9 < run@a.c:50"}).face));
  CHECK_FALSE(is_vague(
      shown({.kind = "SEGV", .stack = "decode@a.c:9 < run@a.c:50", .allocated = "make_it@a.c:3 < run@a.c:4"})
          .face));
  CHECK(is_vague(shown({.stack = "decode@a.c:0 < run@a.c:50"}).face));
  CHECK(is_vague(shown({.stack = "memcpy@m.S:1"}).face));
}

TEST_CASE("components of vague faces are attached only where all of their faces fit the same other one") {
  const Face clear = shown({.stack = "fill@a.c:9 < apply@a.c:30 < run@a.c:50"}).face;
  const Face fits = shown({.stack = "apply@a.c:0 < run@a.c:50"}).face;
  const Face fits_not = shown({.stack = "other@a.c:0 < run@a.c:50"}).face;
  const auto attached = [](const std::vector<Face>& faces, const std::vector<std::uint32_t>& component_of) {
    return attach_vague(faces, component_of, {}, [&](std::uint32_t, const Ask& ask) {
      for (std::uint32_t k = 0; k < faces.size(); ++k) {
        if (!ask(k)) return;
      }
    });
  };
  const auto one = attached({clear, fits}, {0, 1});
  REQUIRE(one.size() == 1);
  CHECK(one[0].component == 1);
  CHECK(one[0].to == 0);
  CHECK(attached({clear, fits, fits_not}, {0, 1, 1}).empty());
  CHECK(attached({clear, fits, fits}, {0, 1, 1}).size() == 1);
  const Face second = shown({.stack = "clip@a.c:19 < apply@a.c:34 < run@a.c:50"}).face;
  CHECK(attached({clear, second, fits}, {0, 1, 2}).empty());
  CHECK(attached({clear, second, fits}, {0, 0, 2}).size() == 1);
}
