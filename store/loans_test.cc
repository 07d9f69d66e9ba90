#include "store/loans.h"

#include "tests/catch.h"

using fuzzmill::store::EntryId;
using fuzzmill::store::loan_text;
using fuzzmill::store::Loans;
using fuzzmill::store::parse_loans;

namespace {

std::vector<EntryId> ids(std::uint64_t first, std::uint64_t last) {
  std::vector<EntryId> ids;
  for (std::uint64_t n = first; n <= last; ++n) ids.push_back({7, n});
  return ids;
}

std::string text(const Loans& loans) { return loan_text(loans.spans()); }

}  // namespace

TEST_CASE("what is on loan is kept as spans") {
  Loans loans;
  CHECK(text(loans).empty());
  loans.lend({7, 0}, ids(1, 5));
  CHECK(text(loans) == "7-1..7-5:5");
  loans.lend({7, 5}, ids(6, 9));
  CHECK(text(loans) == "7-1..7-9:9");
  CHECK(loans.size() == 9);
}

TEST_CASE("a finished entry shortens or splits its span, once") {
  Loans loans;
  loans.lend({7, 0}, ids(1, 9));
  CHECK(loans.finish({7, 1}));
  CHECK(text(loans) == "7-2..7-9:8");
  CHECK(loans.finish({7, 5}));
  CHECK(text(loans) == "7-2..7-4:3 7-6..7-9:4");
  CHECK(!loans.finish({7, 5}));
  CHECK(!loans.finish({7, 10}));
  CHECK(!loans.finish({6, 2}));
  for (const EntryId& id : ids(2, 9)) loans.finish(id);
  CHECK(text(loans).empty());
  CHECK(loans.size() == 0);
}

TEST_CASE("a span never reaches over entries that another broker handed out") {
  Loans loans;
  loans.lend({7, 0}, ids(1, 3));
  loans.lend({7, 6}, ids(7, 8));  // 4 to 6 are somebody else's
  CHECK(text(loans) == "7-1..7-3:3 7-7..7-8:2");
  for (const EntryId& id : ids(1, 3)) loans.finish(id);
  loans.lend({7, 8}, ids(9, 9));
  CHECK(text(loans) == "7-7..7-9:3");
}

TEST_CASE("of too many spans the oldest are given up") {
  Loans loans;
  loans.lend({7, 0}, ids(1, 9));
  for (const std::uint64_t n : {2, 4, 6}) loans.finish({7, n});
  CHECK(loans.give_up(4).empty());
  CHECK(loans.give_up(2) == std::vector<EntryId>{{7, 1}, {7, 3}});
  CHECK(text(loans) == "7-5..7-5:1 7-7..7-9:3");
  CHECK(loans.give_up(0) == std::vector<EntryId>{{7, 5}, {7, 7}, {7, 8}, {7, 9}});
  CHECK(text(loans).empty());
}

TEST_CASE("spans are read back from their text, and what is none is left out") {
  const auto spans = parse_loans("7-1..7-5:5 12-0..13-2:40");
  REQUIRE(spans.size() == 2);
  CHECK(spans[1].first == EntryId{12, 0});
  CHECK(spans[1].last == EntryId{13, 2});
  CHECK(spans[1].count == 40);
  CHECK(loan_text(spans) == "7-1..7-5:5 12-0..13-2:40");
  CHECK(parse_loans("").empty());
  CHECK(parse_loans("nonsense  7-1 : ..").empty());
}
