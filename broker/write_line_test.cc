#include "broker/write_line.h"

#include <atomic>
#include <stdexcept>
#include <thread>

#include "tests/catch.h"

namespace fuzzmill::broker {
namespace {

struct Item {
  int number = 0;
  bool written = false;
};

bool throws(WriteLine<Item>& line, Item& item) {
  try {
    line.pass(item, [](const std::vector<Item*>&) { throw std::runtime_error("no memory"); });
  } catch (const std::runtime_error&) {
    return true;
  }
  return false;
}

void mark(const std::vector<Item*>& items) {
  for (Item* one : items) one->written = true;
}

}  // namespace

TEST_CASE("a write that throws is told to its own caller, and the line goes on") {
  WriteLine<Item> line(4);
  Item first, second;
  CHECK(throws(line, first));
  line.pass(second, mark);  // would wait for ever for the first
  CHECK(second.written);
}

TEST_CASE("of many threads whose writes throw now and then each gets its answer") {
  WriteLine<Item> line(4);
  std::atomic<int> written = 0, failed = 0, number = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        Item item{++number};
        try {
          line.pass(item, [](const std::vector<Item*>& items) {
            if (items.front()->number % 3 == 0) throw std::runtime_error("no memory");
            mark(items);
          });
          written += item.written ? 1 : 0;
        } catch (const std::runtime_error&) {
          failed += item.written ? 0 : 1;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(written + failed == 800);
  CHECK(written > 0);
  CHECK(failed > 0);
}

TEST_CASE("what cannot be written together is written one by one, in order") {
  std::vector<Item> items(3);
  for (int i = 0; i < 3; ++i) items[static_cast<std::size_t>(i)].number = i;
  std::vector<int> order;
  together_or_each(std::vector<Item*>{&items[0], &items[1], &items[2]}, [&](const std::vector<Item*>& some) {
    if (some.size() > 1) return false;
    order.push_back(some[0]->number);
    return true;
  });
  CHECK(order == std::vector<int>{0, 1, 2});
}

}  // namespace fuzzmill::broker
