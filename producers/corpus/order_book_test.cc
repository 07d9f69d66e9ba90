#include "producers/corpus/order_book.h"

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

schema::Order backup(const std::string& id, const std::string& target) {
  schema::Order order;
  order.id = id, order.order = "backup", order.target = target;
  return order;
}

std::vector<std::string> said(OrderBook& book) {
  std::vector<std::string> lines;
  const auto reports = book.reports();
  for (const auto& report : reports) lines.push_back(report.id + " " + report.state + " " + report.target);
  book.reported(reports.size());
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an order for all targets is done when each of them is") {
  OrderBook book;
  CHECK(book.told({backup("1", "")}, {"png", "xml"}) == std::set<std::string>{"png", "xml"});
  CHECK(book.told({backup("1", "")}, {"png", "xml"}).empty());  // it is told until it has ended
  CHECK(said(book) == Lines{"1 taken png", "1 taken xml"});
  book.ended("xml", true, "3 files", "00ff", 4096);
  CHECK(book.reports().back().sent_bytes == 4096);
  CHECK(said(book) == Lines{"1 done xml"});
  book.ended("png", true, "4 files", "00fe");
  CHECK(said(book) == Lines{"1 done png", "1 done "});
  CHECK(book.told({backup("1", "")}, {"png", "xml"}).empty());
  CHECK(said(book).empty());
}

TEST_CASE("what fails is reported with its reason, and with it the whole order") {
  OrderBook book;
  book.told({backup("1", ""), backup("2", "png")}, {"png", "xml"});
  said(book);
  book.ended("png", false, "disk full", "");
  CHECK(said(book) == Lines{"1 failed png", "2 failed png", "2 failed "});
  book.ended("xml", true, "", "");
  const auto reports = book.reports();
  REQUIRE(reports.size() == 2);
  CHECK(reports[1].state == "failed");
  CHECK(reports[1].text == "png: disk full");
}

TEST_CASE("orders that this node cannot follow end at once and say why") {
  OrderBook book;
  auto unknown = backup("1", "png");
  unknown.order = "dance";
  CHECK(book.told({unknown, backup("2", "other"), backup("3", "")}, {}).empty());
  const auto reports = book.reports();
  REQUIRE(reports.size() == 3);
  CHECK(reports[0].text == "this node knows no order 'dance'");
  CHECK(reports[1].text == "this node has no target 'other'");
  CHECK(reports[2].state == "done");
  CHECK(reports[2].text == "0 targets");
}

TEST_CASE("reports stay until the broker has them") {
  OrderBook book;
  book.told({backup("1", "")}, {"a", "b"});
  CHECK(book.reports().size() == 2);
  CHECK(book.reports().size() == 2);
  book.reported(1);
  CHECK(book.reports().at(0).target == "b");
}

}  // namespace fuzzmill::producers
