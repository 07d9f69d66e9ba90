#include "workers/fingerprint/group/grouping.h"

#include <algorithm>
#include <random>

#include "tests/catch.h"
#include "workers/fingerprint/group/face_text.h"
#include "workers/fingerprint/group/faces.h"
#include "workers/fingerprint/group/same_bug.h"
#include "workers/fingerprint/group/vague.h"

using namespace fuzzmill::workers;

namespace {

// Whether all of them are one group.
bool together(const std::vector<Told>& told) {
  std::vector<Shown> faces;
  for (const Told& one : told) faces.push_back(shown(one));
  const auto groups = group_faces(faces).group_of;
  return std::all_of(groups.begin(), groups.end(), [&](std::uint32_t one) { return one == groups[0]; });
}

}  // namespace

TEST_CASE("one bug reached by several callers is one group") {
  CHECK(together({{.stack = "decode@a.c:9 < one@a.c:20 < run@a.c:50"},
                  {.stack = "decode@a.c:9 < two@a.c:30 < run@a.c:51"},
                  {.stack = "decode@a.c:9 < three@a.c:40 < run@a.c:52"}}));
}

TEST_CASE("an overflow when near, a fault when far, a read and a write at one place are one group") {
  CHECK(together({{.stack = "decode@a.c:9 < run@a.c:50"},
                  {.kind = "SEGV", .stack = "decode@a.c:9 < run@a.c:50"},
                  {.access = "WRITE", .stack = "decode@a.c:9 < run@a.c:50"}}));
}

TEST_CASE("a loop and memset of one function over the end of one object are one group") {
  CHECK(together(
      {{.access = "WRITE", .stack = "fill_box@a.c:9 < run@a.c:50", .allocated = "canvas@a.c:3 < run@a.c:49"},
       {.access = "WRITE",
        .stack = "memset@m.S:1 < fill_box@a.c:14 < run@a.c:50",
        .allocated = "canvas@a.c:3 < run@a.c:49"}}));
}

TEST_CASE("two bugs of one function are two groups: their lines tell") {
  CHECK_FALSE(together({{.stack = "decode@a.c:9 < run@a.c:50"}, {.stack = "decode@a.c:12 < run@a.c:50"}}));
}

TEST_CASE("lines that moved between builds do not split a bug") {
  CHECK(together({{.stack = "decode@a.c:9 < run@a.c:50", .build = "a"},
                  {.stack = "decode@a.c:11 < run@a.c:50", .build = "b"}}));
}

TEST_CASE("bugs behind one helper are told apart by who called it") {
  CHECK_FALSE(together({{.stack = "read_u16@r.h:7 < points@a.c:20 < run@a.c:50"},
                        {.stack = "read_u16@r.h:7 < route@a.c:30 < run@a.c:51"}}));
}

TEST_CASE("all uses of an object that was freed too early are one group, another object's are not") {
  const Told use = {.kind = "heap-use-after-free",
                    .stack = "show@a.c:9 < run@a.c:50",
                    .allocated = "open_item@a.c:3 < run@a.c:48",
                    .freed = "evict@a.c:5 < run@a.c:49"};
  Told other_use = use, other_free = use, other_object = use;
  other_use.stack = "hide@a.c:19 < run@a.c:51";
  other_free.freed = "expire@a.c:70 < run@a.c:49";
  other_free.stack = other_use.stack;
  other_object.allocated = "open_list@a.c:90 < run@a.c:48";
  CHECK(together({use, other_use}));
  CHECK_FALSE(together({use, other_free}));
  CHECK(together({use, other_object}));  // released and used by the same code: it matters little who made it
  other_object.stack = other_use.stack;
  CHECK_FALSE(together({use, other_object}));
}

TEST_CASE("gcc's names without scopes are clang's with them") {
  CHECK(together({{.stack = "image::flip@a.cc:9 < run@a.cc:50"}, {.stack = "flip@a.cc:9 < run@a.cc:50"}}));
  CHECK_FALSE(together({{.stack = "image::flip@a.cc:9"}, {.stack = "table::flip@b.cc:9"}}));
}

TEST_CASE("groups and their reasons do not depend on the order of the crashes") {
  std::vector<Shown> faces;
  for (int i = 0; i < 60; ++i) {
    faces.push_back(shown(
        {.kind = i % 3 == 0 ? "SEGV" : "heap-buffer-overflow",
         .stack = fmt::format("decode_{}@a.c:{} < caller_{}@a.c:{}", i % 5, 9 + i % 7, i % 4, 50 + i % 3),
         .build = i % 2 == 0 ? "a" : "b"}));
  }
  std::vector<std::size_t> order(faces.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto first = group_faces(faces).group_of;
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    std::vector<Shown> mixed;
    for (std::size_t at : order) mixed.push_back(faces[at]);
    const auto groups = group_faces(mixed).group_of;
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        REQUIRE((groups[i] == groups[k]) == (first[order[i]] == first[order[k]]));
      }
    }
  }
}

TEST_CASE("reading past a variable and writing past it elsewhere are two bugs") {
  const Told reads = {
      .kind = "stack-buffer-overflow", .stack = "join@a.c:51 < run@a.c:90", .variable = "path@40"};
  Told writes = reads;
  writes.access = "WRITE", writes.stack = "join@a.c:70 < run@a.c:90";
  CHECK_FALSE(together({reads, writes}));
}

TEST_CASE("helpers that release for many do not make two releases one") {
  const Told lost = {.kind = "heap-use-after-free",
                     .stack = "show@a.c:9 < menu@a.c:70 < run@a.c:50",
                     .allocated = "open_item@a.c:3 < run@a.c:48",
                     .freed = "item_unref@r.h:5 < evict@a.c:20 < run@a.c:49"};
  Told other = lost;
  other.stack = "list@a.c:30 < menu@a.c:71 < run@a.c:50";
  CHECK(together({lost, other}));
  other.freed = "item_unref@r.h:5 < replace@a.c:28 < run@a.c:49";
  CHECK_FALSE(together({lost, other}));
}

TEST_CASE("a place that uses objects of several releases tells its bugs apart by its callers") {
  const Told first = {.kind = "heap-use-after-free",
                      .stack = "paint@a.c:9 < selected@a.c:20 < run@a.c:50",
                      .allocated = "open_item@a.c:3 < run@a.c:48",
                      .freed = "evict@a.c:5 < run@a.c:49"};
  Told second = first;
  second.stack = "paint@a.c:9 < hovered@a.c:30 < run@a.c:50";
  second.freed = "replace@a.c:7 < run@a.c:49";
  const Told bare = {.kind = "SEGV", .stack = "paint@a.c:9 < hovered@a.c:30 < run@a.c:50"};
  std::vector<Shown> faces = {shown(first), shown(second), shown(bare)};
  const auto group = group_faces(faces).group_of;
  CHECK(group[0] != group[1]);
  CHECK(group[2] != group[0]);
}

TEST_CASE("what lost its line goes to the one group that it can be of, and to none of two") {
  const Told clear = {.access = "WRITE", .stack = "fill@a.c:9 < apply@a.c:30 < run@a.c:50"};
  const Told vague = {.access = "WRITE", .stack = "apply@a.c:0 < run@a.c:50", .build = "b"};
  const Told other = {.access = "WRITE", .stack = "clip@a.c:19 < apply@a.c:34 < run@a.c:50"};
  CHECK(together({clear, vague}));
  CHECK(together({vague, clear}));
  const auto group = group_faces({shown(clear), shown(other), shown(vague)}).group_of;
  CHECK(group[0] != group[1]);
  CHECK(group[2] != group[0]);
  CHECK(group[2] != group[1]);
}

TEST_CASE("faces of which little is known are judged like any other, both ways alike") {
  std::vector<Face> faces;
  for (const char* kind : {"null-dereference", "pointer-overflow", "bad-cast", "heap-use-after-free",
                           "stack-use-after-return", "stack-smashing", "use-of-uninitialized-value",
                           "data-race", "abort", "stack-overflow", "timeout", "segv"}) {
    for (int known = 0; known < 16; ++known) {
      Face face;
      face.kind = kind, face.trouble = trouble_of(kind);
      face.message = "reference binding to null pointer, a downcast of type X";
      if (known & 1) face.stack = {{"f", "a.c", 1}};
      if (known & 2) face.freed = {{"free", "a.c", 0}};
      if (known & 4) face.allocated = {{"make_x", "", 0}};
      if (known & 8) face.variable = "x@a.c:3", face.stack_of = "f";
      faces.push_back(face);
    }
  }
  for (const Face& a : faces) {
    for (const Face& b : faces) {
      REQUIRE(same_bug(a, b) == same_bug(b, a));
      if (may_be(a, b).empty()) continue;
      REQUIRE(a.trouble == b.trouble);
      REQUIRE((a.access.empty() || b.access.empty() || a.access == b.access));
      REQUIRE((a.message.empty() || b.message.empty() || a.message == b.message));
    }
  }
}

TEST_CASE(
    "an allocator alone is no evidence: two objects of which only free() and malloc() are known are two") {
  // As with malloc_context_size=1.
  const Told first = {.kind = "heap-use-after-free",
                      .stack = "show@a.c:9 < menu@a.c:70 < run@a.c:50",
                      .allocated = "malloc@m.c:1",
                      .freed = "free@m.c:1"};
  Told second = first;
  second.stack = "parse@b.c:19 < load@b.c:71 < run@b.c:50";
  CHECK(shown(first).face.freed.empty());
  CHECK(shown(first).face.allocated.empty());
  CHECK_FALSE(together({first, second}));
  second.stack = first.stack;
  CHECK(together({first, second}));
}

TEST_CASE("two races on one line are two faces: their columns tell") {
  const auto race = [](std::uint32_t column) {
    Shown shown;
    shown.face.kind = "data-race", shown.face.trouble = Trouble::kRace;
    shown.face.stack = {{"add", "a.c", 7, column}, {"run", "a.c", 20, 0}};
    shown.face.other_side = {{"add", "a.c", 7, column}, {"work", "a.c", 30, 0}};
    return shown;
  };
  CHECK(face_text(race(3).face) != face_text(race(9).face));
  const auto group = group_faces({race(3), race(9), race(3)}).group_of;
  CHECK(group[0] != group[1]);
  CHECK(group[0] == group[2]);
}

TEST_CASE("a face's text tells apart all that takes part in grouping") {
  const Face plain = shown({.stack = "decode@a.c:9 < run@a.c:50"}).face;
  std::vector<Face> faces(7, plain);
  faces[1].owns_memory = true;
  faces[2].stands_in = true;
  faces[3].releasing = true;
  faces[4].string_end = true;
  faces[5].releasing = faces[5].string_end = true;
  faces[6].stack[0] = {"decode", "a.c|9", 0, 0};
  for (std::size_t i = 0; i < faces.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) CHECK(face_text(faces[i]) != face_text(faces[k]));
  }
}

TEST_CASE("a wrong cast and what the caller's same line does to another object are two bugs") {
  Face cast = shown({.stack = "as_circle@s.cc:5 < draw@s.cc:40 < run@s.cc:90"}).face;
  cast.kind = "bad-cast", cast.trouble = trouble_of(cast.kind), cast.access.clear();
  cast.message = "downcast of address which does not point to an object of type Circle";
  const Told use = {.stack = "area@s.cc:12 < draw@s.cc:40 < run@s.cc:90"};
  Told known = use;
  known.allocated = "open_item@s.cc:3 < run@s.cc:88";
  CHECK_FALSE(same_bug(cast, shown(use).face).empty());
  CHECK(same_bug(cast, shown(known).face).empty());
  Told member = known;
  member.stack = "shapes::Circle::area@s.cc:12 < draw@s.cc:40 < run@s.cc:90";
  CHECK_FALSE(same_bug(cast, shown(member).face).empty());
  Told inside = known;
  inside.stack = "as_circle@s.cc:6 < draw@s.cc:40 < run@s.cc:90";
  CHECK_FALSE(same_bug(cast, shown(inside).face).empty());
}
