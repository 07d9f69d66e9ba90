#include "workers/fingerprint/group/place.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/catch.h"
#include "workers/fingerprint/group/face_json.h"
#include "workers/fingerprint/group/faces.h"
#include "workers/fingerprint/group/grouping.h"
#include "workers/fingerprint/group/same_bug.h"

using namespace fuzzmill::workers;

namespace {

// The online way with a map for an index: what record.cc does with Redis.
class Online {
 public:
  std::uint32_t add(const Shown& fresh) {
    std::vector<Known> candidates;
    std::set<std::size_t> seen;
    for (const std::string& key : index_keys(fresh.face)) {
      for (std::size_t at : index_[key]) {
        if (seen.insert(at).second)
          candidates.push_back({std::to_string(root(known_[at].second)), known_[at].first});
      }
    }
    const auto placed = place(fresh, candidates);
    const auto own = static_cast<std::uint32_t>(parent_.size());
    parent_.push_back(own);
    for (const Placed& one : placed)
      parent_[root(static_cast<std::uint32_t>(std::stoul(one.group)))] = root(own);
    for (const std::string& key : index_keys(fresh.face)) index_[key].push_back(known_.size());
    known_.emplace_back(fresh, own);
    return own;
  }
  std::uint32_t root(std::uint32_t at) const {
    while (parent_[at] != at) at = parent_[at];
    return at;
  }

 private:
  std::vector<std::pair<Shown, std::uint32_t>> known_;
  std::vector<std::uint32_t> parent_;
  std::map<std::string, std::vector<std::size_t>> index_;
};

std::vector<Shown> campaign() {
  std::vector<Shown> faces;
  for (int i = 0; i < 120; ++i) {
    const int bug = i % 12;
    faces.push_back(shown({.kind = i % 5 == 0 ? "SEGV" : "heap-buffer-overflow",
                           .stack = fmt::format("decode_{}@a.c:{} < caller_{}@a.c:{} < run@a.c:9", bug / 2,
                                                100 + 20 * (bug % 2), i % 7, 50 + i % 3),
                           .build = i % 2 == 0 ? "a" : "b"}));
  }
  return faces;
}

}  // namespace

TEST_CASE("a new face joins the group that shows its bug, and makes its own where none does") {
  const Known known = {"g1", shown({.stack = "decode@a.c:9 < one@a.c:20"})};
  CHECK(place(shown({.stack = "decode@a.c:9 < two@a.c:30"}), {known}).at(0).group == "g1");
  CHECK(place(shown({.stack = "decode@a.c:19 < two@a.c:30"}), {known}).empty());
  CHECK(place(shown({.stack = "decode@a.c:9"}), {}).empty());
}

TEST_CASE("a face that shows the bug of two groups names both, the likest first") {
  const Known far = {"far", shown({.kind = "SEGV", .stack = "decode@a.c:9 < one@a.c:20"})};
  const Known near = {"near", shown({.stack = "decode@a.c:9 < two@a.c:30"})};
  const auto placed = place(shown({.stack = "decode@a.c:9 < two@a.c:30 < run@a.c:1"}), {far, near});
  REQUIRE(placed.size() == 2);
  CHECK(placed[0].group == "near");
}

TEST_CASE("a vague face goes to the one group that it can be of, whichever comes first") {
  const Shown clear = shown({.stack = "fill@a.c:9 < apply@a.c:30 < run@a.c:50"});
  const Shown vague = shown({.stack = "apply@a.c:0 < run@a.c:50", .build = "b"});
  const Shown other = shown({.stack = "clip@a.c:19 < apply@a.c:34 < run@a.c:50"});
  REQUIRE(place(vague, {{"clear", clear}}).size() == 1);
  CHECK(place(vague, {{"clear", clear}}).at(0).group == "clear");
  CHECK(place(clear, {{"vague", vague}}).at(0).group == "vague");
  CHECK(place(vague, {{"clear", clear}, {"other", other}}).empty());
  CHECK(place(clear, {{"vague", vague}, {"other", other}}).empty());
}

TEST_CASE("online grouping finds the groups of offline grouping in any order of arrival") {
  const std::vector<Shown> faces = campaign();
  const auto offline = group_faces(faces).group_of;
  std::mt19937 random(11);
  std::vector<std::size_t> order(faces.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int round = 0; round < 4; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    Online online;
    std::vector<std::uint32_t> own(faces.size());
    for (std::size_t at : order) own[at] = online.add(faces[at]);
    for (std::size_t i = 0; i < faces.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        REQUIRE((online.root(own[i]) == online.root(own[k])) == (offline[i] == offline[k]));
      }
    }
  }
}

TEST_CASE("a face survives being kept as text") {
  const Shown face = shown({.kind = "heap-use-after-free",
                            .stack = "show@a.c:9 < run@a.c:50",
                            .allocated = "make_item@a.c:3",
                            .freed = "evict@a.c:5"});
  const auto back = parse_face(to_json(face));
  REQUIRE(back);
  CHECK(back->face == face.face);
  CHECK(back->build == face.build);
}

TEST_CASE("a face that an older version kept is read, without the allocator that it took for evidence") {
  const auto old = parse_face(
      R"({"v":1,"kind":"heap-use-after-free","stack":[["show","a.c",9]],"freed":[["free","m.c",1]],)"
      R"("allocated":[["malloc","m.c",1],["open_item","a.c",3]]})");
  REQUIRE(old);
  CHECK(old->face.kind == "heap-use-after-free");
  CHECK(old->face.freed.empty());
  CHECK(old->face.allocated.size() == 2);
}

TEST_CASE("what is no face is refused, and a huge face is cut to size") {
  for (const char* text :
       {"", "{}", "[1]", "{\"v\":3}", "{\"v\":\"1\"}", "{\"v\":1,\"stack\":[[1,2,3]]}", "\xff\xfe"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_face(text));
  }
  Shown huge = shown({.stack = "decode@a.c:9 < run@a.c:50"});
  for (int i = 0; i < 6; ++i) huge.face.stack.push_back({std::string(480, 'f'), std::string(480, 'n'), 1});
  CHECK(to_json(huge).size() <= kMaxFaceText);
  CHECK(parse_face(to_json(huge)));
}

TEST_CASE("a group of vague faces comes only if all of them can be of the new face, online as offline") {
  const Shown clear = shown({.stack = "decode@a.c:9 < apply@a.c:30 < turn@a.c:40 < apply@a.c:44"});
  const Shown fits = shown({.stack = "apply@a.c:0 < run@a.c:50", .build = "b"});
  // Of the same group, by a person's word or by what others told; it fits nothing.
  const Shown fits_not = shown({.stack = "other@a.c:0 < else@a.c:51 < other@a.c:52", .build = "b"});
  const auto placed = place(clear, {{"vague", fits}});
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].why == "One lost its line, in a function that the other passes.");
  CHECK(place(clear, {{"vague", fits}, {"vague", fits_not}}).empty());
}
