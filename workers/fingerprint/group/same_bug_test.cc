#include "workers/fingerprint/group/same_bug.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "tests/catch.h"
#include "workers/fingerprint/group/grouping.h"

using namespace fuzzmill::workers;

namespace {

constexpr int kRounds = 40'000;
constexpr std::size_t kMaxKeyCount = 31;
constexpr std::size_t kMaxKeySize = 256;

// Faces as reports could show them, of so few names that many pairs have something in common.
class Maker {
 public:
  Face face() {
    Face face;
    face.kind = pick({"heap-buffer-overflow", "heap-use-after-free", "segv", "null-dereference", "bad-cast",
                      "stack-smashing", "stack-use-after-return", "stack-buffer-overflow", "double-free",
                      "use-of-uninitialized-value", "memory-leak", "out-of-memory", "timeout",
                      "stack-overflow", "data-race", "integer-overflow", "assert", "missing-return"});
    face.trouble = trouble_of(face.kind);
    face.access = pick({"", "READ", "WRITE"});
    face.message =
        pick({"", "", "reference binding to null pointer of type X", "downcast of type X", "boom"});
    face.stack = sites(kMaxFaceSites);
    if (chance(3)) face.freed = sites(kMaxEvidenceSites);
    if (chance(2)) face.allocated = sites(kMaxEvidenceSites);
    if (face.trouble == Trouble::kRace) face.other_side = sites(kMaxEvidenceSites);
    if (chance(4)) face.heralds = sites(kMaxHeralds);
    if (chance(4)) face.variable = fmt::format("v@a.c:{}", below(3)), face.stack_of = name();
    face.string_end = chance(4), face.releasing = chance(8), face.owns_memory = chance(4);
    if (face.trouble == Trouble::kRecursion || face.trouble == Trouble::kTime) {
      for (std::size_t i = 0; i < below(kMaxCycleNames + 1); ++i)
        face.cycle.push_back(fmt::format("c{}", below(40)));
      if (face.trouble == Trouble::kRecursion) std::sort(face.cycle.begin(), face.cycle.end());
      face.cycle.erase(std::unique(face.cycle.begin(), face.cycle.end()), face.cycle.end());
    }
    return face;
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }
  bool chance(std::size_t of) { return below(of) == 0; }
  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }
  std::string name() {
    return pick({"read_u16", "ns::read_u16", "decode", "ns::decode", "make_x", "x_unref", "run", "apply",
                 "die", "operators::f", "f", "T::operator[]"});
  }
  std::vector<Site> sites(std::size_t most) {
    std::vector<Site> out;
    for (std::size_t i = 0, count = below(most + 1); i < count; ++i)
      out.push_back({name(), "a.c", static_cast<std::uint32_t>(below(4)), 0});
    return out;
  }

  std::mt19937 random_{42};
};

bool share_key(const Face& a, const Face& b) {
  const auto keys = index_keys(a), others = index_keys(b);
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return std::find(others.begin(), others.end(), key) != others.end();
  });
}

}  // namespace

TEST_CASE(
    "two faces that are one bug share a key, as they came and whomever their company makes them blame") {
  Maker maker;
  int same = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<Face> raw = {maker.face(), maker.face(), maker.face(), maker.face()};
    std::vector<Face> ready = raw;
    prepare(ready, {{0, "a"}, {1, "b"}, {2, "a"}, {3, "b"}}, 0);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (same_bug(ready[i], ready[k]).empty()) continue;
        ++same;
        CAPTURE(raw[i].kind);
        CAPTURE(raw[k].kind);
        CAPTURE(same_bug(ready[i], ready[k]));
        REQUIRE(share_key(raw[i], raw[k]));
      }
    }
  }
  CHECK(same > 1000);
}

TEST_CASE("keys are few and short, whatever a face holds") {
  Maker maker;
  for (int round = 0; round < 1000; ++round) {
    Face face = maker.face();
    if (round % 2 == 0) face.stack.insert(face.stack.begin(), {std::string(5000, 'x'), "a.c", 1, 0});
    const auto keys = index_keys(face);
    REQUIRE(keys.size() <= kMaxKeyCount);
    REQUIRE_FALSE(keys.empty());
    for (const std::string& key : keys) REQUIRE(key.size() < kMaxKeySize);
  }
}

TEST_CASE("a lambda without a name shares a key with what another build calls it") {
  std::vector<Face> raw(2);
  for (Face& face : raw) face.kind = "segv", face.trouble = trouble_of(face.kind);
  raw[0].stack = {{"operator()", "a.c", 7, 0}, {"each", "a.c", 20, 0}};
  raw[1].stack = {{"ns::visit", "a.c", 7, 0}, {"other", "a.c", 30, 0}};
  std::vector<Face> ready = raw;
  prepare(ready, {{0, "a"}, {1, "b"}}, 0);
  REQUIRE_FALSE(same_bug(ready[0], ready[1]).empty());
  CHECK(share_key(raw[0], raw[1]));
}

TEST_CASE("recursions of many functions share a key when they share half of the fewer") {
  Face large, small;
  large.kind = small.kind = "stack-overflow";
  large.trouble = small.trouble = trouble_of("stack-overflow");
  for (int i = 0; i < 24; ++i) large.cycle.push_back(fmt::format("f{:02}", i));
  for (int i = 0; i < 6; ++i) large.stack.push_back({large.cycle[static_cast<std::size_t>(i)], "a.c", 1, 0});
  small.cycle = {"f23"};
  small.stack = {{"f23", "a.c", 1, 0}};
  REQUIRE_FALSE(same_bug(large, small).empty());
  CHECK(share_key(large, small));
}
