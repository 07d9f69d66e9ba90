#include "schema/crash_mark.h"

#include "tests/catch.h"

using namespace fuzzmill::schema;

TEST_CASE("every mark has a name of its own that is read back, and says what a reader looks for") {
  for (const MarkRow& row : marks()) {
    INFO(row.name);
    CHECK(parse_mark(row.name) == row.mark);
    CHECK(mark_name(row.mark) == row.name);
    CHECK(row.meaning.back() == '.');
  }
  CHECK_FALSE(parse_mark("").has_value());
}

TEST_CASE("a set of marks is its names and back, and names of a newer reader are left out") {
  Marks set;
  CHECK(set.empty());
  set.add(Mark::kWildJump), set.add(Mark::kSecurityCheck);
  CHECK(names_of(set) == std::vector<std::string>{"wild-jump", "security-check"});
  CHECK(marks_of({"security-check", "sung-by-whales", "wild-jump"}) == set);
  CHECK_FALSE(set.has(Mark::kNullPc));
}

TEST_CASE("a deliberate address is one of the table, not one near it") {
  CHECK(is_deliberate_address(0xbbadbeef));
  CHECK_FALSE(is_deliberate_address(0xbbadbeee));
  CHECK_FALSE(is_deliberate_address(0));
}
