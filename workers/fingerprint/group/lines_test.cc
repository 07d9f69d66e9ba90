#include "workers/fingerprint/group/lines.h"

#include "tests/catch.h"

using namespace fuzzmill::workers;

namespace {
Site site(std::uint32_t line, const char* file = "a.c") { return {"parse", file, line}; }
}  // namespace

TEST_CASE("near lines of different builds are one place") {
  Lines lines;
  lines.learn(site(40), "gcc");
  lines.learn(site(42), "clang");
  CHECK(lines.place(site(40)) == lines.place(site(42)));
}

TEST_CASE("two lines that one build shows are two places, however near") {
  Lines lines;
  lines.learn(site(40), "gcc");
  lines.learn(site(41), "gcc");
  lines.learn(site(41), "clang");
  CHECK(lines.place(site(40)) != lines.place(site(41)));
}

TEST_CASE("lines further apart than the drift are two places") {
  Lines lines;
  lines.learn(site(40), "gcc");
  lines.learn(site(40 + kLineDrift + 1), "clang");
  CHECK(lines.place(site(40)) != lines.place(site(40 + kLineDrift + 1)));
}

TEST_CASE("drift does not chain: a place never holds two lines of one build") {
  Lines lines;
  lines.learn(site(40), "a");
  lines.learn(site(42), "b");
  lines.learn(site(44), "a");
  CHECK(lines.place(site(40)) != lines.place(site(44)));
}

TEST_CASE("an unknown line is the function's only place, or none") {
  Lines lines;
  lines.learn(site(40), "a");
  CHECK(lines.place(site(0)) == 40);
  CHECK(lines.place({"parse", "", 0}) == 40);
  lines.learn(site(60), "a");
  CHECK(lines.place(site(0)) == 0);
}

TEST_CASE("the order of learning does not matter") {
  Lines forth, back;
  const std::pair<std::uint32_t, const char*> seen[] = {
      {10, "a"}, {12, "b"}, {13, "c"}, {15, "a"}, {16, "b"}};
  for (const auto& [line, build] : seen) forth.learn(site(line), build);
  for (auto one = std::rbegin(seen); one != std::rend(seen); ++one) back.learn(site(one->first), one->second);
  for (const auto& [line, build] : seen) CHECK(forth.place(site(line)) == back.place(site(line)));
}

TEST_CASE("a lambda without a name is the function that another build shows there") {
  Lines lines;
  const Site lambda = {"operator()", "a.cc", 40};
  lines.learn(lambda, "a");
  REQUIRE(lines.has_lambdas());
  CHECK(lines.owner(lambda) == "operator()");
  for (const Site& other : {Site{"sum", "a.cc", 40}, Site{"ns::sum", "a.cc", 40}, Site{"other", "a.cc", 41}})
    lines.learn_owner(other);
  CHECK(lines.owner(lambda) == "ns::sum");
  CHECK(lines.owner({"parse", "a.cc", 40}) == "parse");
}
