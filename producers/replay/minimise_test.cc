#include "producers/replay/minimise.h"

#include <algorithm>
#include <functional>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

std::string run(std::string bytes, const std::function<bool(const std::string&)>& same,
                const MinimiseLimits& limits = {}) {
  Minimiser minimiser(std::move(bytes), limits);
  while (const auto& candidate = minimiser.candidate()) minimiser.answer(same(*candidate));
  return minimiser.best();
}

std::string noise(std::size_t size, std::uint32_t seed) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    seed = seed * 1664525 + 1013904223;
    bytes += static_cast<char>(seed >> 24);
  }
  return bytes;
}

bool has(const std::string& bytes, const std::string& what) { return bytes.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("what does not matter is left out, wherever it stands") {
  const auto same = [](const std::string& bytes) { return has(bytes, "BUG"); };
  for (const std::size_t before : {0u, 1u, 100u, 997u}) {
    for (const std::size_t after : {0u, 3u, 500u}) {
      CHECK(run(noise(before, 1) + "BUG" + noise(after, 2), same) == "BUG");
    }
  }
}

TEST_CASE("pieces far from each other are both kept") {
  const auto same = [](const std::string& bytes) {
    const auto at = bytes.find("one");
    return at != std::string::npos && bytes.find("two", at) != std::string::npos;
  };
  CHECK(run(noise(300, 3) + "one" + noise(300, 4) + "two" + noise(300, 5), same) == "onetwo");
}

TEST_CASE("bytes that must be there but not as they are become plain") {
  const auto same = [](const std::string& bytes) { return bytes.size() >= 20 && bytes[10] == 'K'; };
  CHECK(run(noise(10, 6) + "K" + noise(100, 7), same) == "0000000000K000000000");
}

TEST_CASE("an input that everything is the same as becomes empty, and one that nothing is stays") {
  CHECK(run("whatever", [](const std::string&) { return true; }).empty());
  CHECK(run("whatever", [](const std::string&) { return false; }) == "whatever");
  CHECK(run("", [](const std::string&) { return true; }).empty());
}

TEST_CASE("the number of tries is bounded, and what was found until then is confirmed and kept") {
  std::size_t asked = 0;
  const auto same = [&](const std::string& bytes) {
    ++asked;
    return std::count(bytes.begin(), bytes.end(), 'x') >= 400;
  };
  const auto best = run(std::string(1000, 'x'), same, {50, 4});
  CHECK(asked == 51);
  CHECK(best.size() < 1000);
  CHECK(best.size() >= 400);
}

TEST_CASE("a best that is not confirmed is given up for the input it came from") {
  std::size_t asked = 0;
  // Says yes to the first only: a flaky crash.
  CHECK(run("abcdef", [&](const std::string&) { return ++asked == 1; }) == "abcdef");
}

TEST_CASE("a search that is stopped ends with a confirmed best") {
  Minimiser minimiser("aaaaBUGaaaa", {});
  CHECK(minimiser.candidate().has_value());
  minimiser.finish();
  CHECK_FALSE(minimiser.candidate().has_value());  // nothing found yet, nothing to confirm
  Minimiser found("BUGaaaaaa", {});
  REQUIRE(found.candidate() == std::string("BUGaa"));
  found.answer(true);
  found.finish();
  REQUIRE(found.candidate() == std::string("BUGaa"));
  found.answer(true);
  CHECK_FALSE(found.candidate().has_value());
  CHECK(found.best() == "BUGaa");
  CHECK(found.smaller());
}

TEST_CASE("every candidate is new to the best, and the search ends by itself") {
  const auto bytes = noise(200, 8);
  std::string best = bytes;
  std::size_t asked = 0;
  const auto same = [&](const std::string& candidate) {
    ++asked;
    const bool confirming = candidate == best;
    const bool yes = has(candidate, bytes.substr(50, 10)) && has(candidate, bytes.substr(150, 5));
    if (!confirming) CHECK(candidate.size() <= best.size());
    if (yes) best = candidate;
    return yes;
  };
  CHECK(run(bytes, same).size() == 15);
  CHECK(asked < 600);
}

}  // namespace fuzzmill::producers
