#include "broker/receipts.h"

#include "tests/catch.h"

namespace fuzzmill::broker {

TEST_CASE("A node that hears what it is told may always be told more") {
  Receipts receipts;
  for (std::uint64_t mark = 1; mark < 1000; ++mark) {
    CHECK(receipts.may_tell("nyc", mark));
    receipts.told("nyc", {"peer", mark, 8u << 20, mark});
    receipts.heard("nyc", mark);
  }
}

TEST_CASE("A node that does not hear is told so much, and another node is not its business") {
  Receipts receipts;
  std::uint64_t mark = 0;
  while (receipts.may_tell("nyc", 0)) receipts.told("nyc", {"peer", ++mark, 1u << 20, 0});
  CHECK(mark == 17);
  CHECK(receipts.may_tell("london", 0));
  receipts.heard("london", 1);
  receipts.heard("nyc", 999);
  CHECK_FALSE(receipts.may_tell("nyc", 0));
  receipts.heard("nyc", 1);
  CHECK(receipts.may_tell("nyc", 0));
}

TEST_CASE("Small answers are bounded, too") {
  Receipts receipts;
  std::uint64_t mark = 0;
  while (receipts.may_tell("nyc", 0)) receipts.told("nyc", {"peer", ++mark, 0, 0});
  CHECK(mark == Receipts::kMostTells);
}

TEST_CASE("Hearing an answer settles those before it") {
  Receipts receipts;
  for (std::uint64_t mark = 1; mark <= 20; ++mark) receipts.told("nyc", {"peer", mark, 1u << 20, 0});
  receipts.heard("nyc", 19);
  CHECK(receipts.may_tell("nyc", 0));
  receipts.heard("nyc", 20);
  CHECK(receipts.may_tell("nyc", 0));
}

TEST_CASE("A connection that is read settles nothing of one that is not") {
  Receipts receipts;
  for (std::uint64_t mark = 1; mark <= 17; ++mark) receipts.told("nyc", {"silent", mark, 1u << 20, 0});
  receipts.told("nyc", {"reads", 99, 1, 0});
  receipts.heard("nyc", 99);
  CHECK_FALSE(receipts.may_tell("nyc", 0));
  receipts.heard("nyc", 17);
  CHECK(receipts.may_tell("nyc", 0));
}

TEST_CASE("What was lost with a connection is forgotten in time") {
  Receipts receipts;
  for (std::uint64_t mark = 1; mark <= 20; ++mark) receipts.told("nyc", {"peer", mark, 1u << 20, mark});
  CHECK_FALSE(receipts.may_tell("nyc", 20));
  CHECK_FALSE(receipts.may_tell("nyc", Receipts::kForgetMs + 3));
  CHECK(receipts.may_tell("nyc", Receipts::kForgetMs + 4));
}

}  // namespace fuzzmill::broker
