#include "workers/fingerprint/group/race.h"

#include "tests/catch.h"

using namespace fuzzmill::workers;

namespace {

Face race(std::vector<Site> one, std::vector<Site> other) {
  Face face;
  face.trouble = Trouble::kRace;
  face.kind = "data-race";
  face.stack = std::move(one);
  face.other_side = std::move(other);
  return face;
}

const Site kBump = {"bump", "a.c", 10, 44};
const Site kPeek = {"peek", "a.c", 44, 10};
const Site kPush = {"push", "a.c", 32, 18};

Site caller(const char* name) { return {name, "a.c", 60, 1}; }

}  // namespace

TEST_CASE("an unguarded access is one bug, whatever it races with") {
  const Face one = race({kBump, caller("worker")}, {kBump, caller("worker")});
  const Face two = race({{"report", "a.c", 81, 16}}, {kBump, caller("worker")});
  CHECK_FALSE(same_race(one, two).empty());
  CHECK(same_race(one, two) == same_race(two, one));
}

TEST_CASE("a helper that races for two callers is two bugs, unless the other access is known to be one") {
  CHECK(same_race(race({kBump, caller("worker")}, {kBump, caller("worker")}),
                  race({kBump, caller("thief")}, {kBump, caller("thief")}))
            .empty());
  // Two things are read in one line.
  CHECK(same_race(race({{"report", "a.c", 81, 16}}, {kBump, caller("worker")}),
                  race({{"report", "a.c", 81, 29}}, {kBump, caller("thief")}))
            .empty());
  CHECK_FALSE(same_race(race({kPush, caller("producer")}, {kPeek, caller("watcher")}),
                        race({kPush, caller("producer")}, {kPeek, caller("pool")}))
                  .empty());
}

TEST_CASE("races for two objects are two bugs, and for one variable one") {
  Face one = race({kPush, caller("a")}, {kPeek, caller("b")});
  Face two = one;
  one.variable = "total@:0", two.variable = kThreadStack;
  CHECK(same_race(one, two).empty());
  two = race({{"print", "a.c", 3, 1}}, {{"clear", "a.c", 5, 1}});
  two.variable = one.variable;
  CHECK_FALSE(same_race(one, two).empty());
  one.variable = two.variable = kThreadStack;
  CHECK(same_race(one, two).empty());
}

TEST_CASE("a lock is misused where it is misused, whoever calls") {
  Face one = race({{"unlock_twice", "a.c", 7}, caller("x")}, {}),
       two = race({{"unlock_twice", "a.c", 7}, caller("y")}, {});
  one.kind = two.kind = "unlock-of-unlocked-mutex";
  CHECK_FALSE(same_race(one, two).empty());
}
