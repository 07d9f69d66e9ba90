// A command byte, its count byte, then that many bytes of operands.
#include <functional>

#include "table.h"

namespace {

using table::Table;

volatile int g_sink;

using Action = std::function<void(Table&, const uint8_t*, size_t)>;

void add_all(Table& rows, const uint8_t* data, size_t size) {
  table::for_each_number(data, size,
                         [&rows](size_t i, int number) { rows.add(number, static_cast<double>(i)); });
}

void select_all(Table& rows, const uint8_t* data, size_t size) {
  table::for_each_number(data, size,
                         [&rows](size_t, int number) { rows.select(static_cast<size_t>(number) * 8); });
}

void tag_all(Table& rows, const uint8_t* data, size_t size) {
  table::for_each_number(data, size,
                         [&rows](size_t i, int number) { rows.tag(number, static_cast<int>(i)); });
}

void step_all(Table& rows, const uint8_t* data, size_t size) {
  table::for_each_number(data, size, [&rows](size_t i, int number) {
    const size_t row = static_cast<size_t>(number);
    g_sink += i % 3 == 0   ? rows.number_step(row)
              : i % 3 == 1 ? static_cast<int>(rows.amount_step(row))
                           : rows.at_step(row).x;
  });
}

const std::map<char, Action>& actions() {
  static const std::map<char, Action> all = {
      {'+', add_all},
      {'v', select_all},
      {'t', tag_all},
      {'/', step_all},
      {'s', [](Table& rows, const uint8_t*, size_t) { rows.sort_numbers(); }},
      {'S', [](Table& rows, const uint8_t*, size_t) { rows.sort_view(); }},
      {'d', [](Table& rows, const uint8_t*, size_t) { rows.double_small(); }},
      {'n', [](Table& rows, const uint8_t*, size_t) { g_sink += rows.sum_numbers(); }},
      {'m', [](Table& rows, const uint8_t*, size_t) { g_sink += rows.mean_amounts() > 3; }},
      {'c', [](Table& rows, const uint8_t*, size_t) { rows.truncate(); }},
      {'w', [](Table& rows, const uint8_t*, size_t) { g_sink += rows.spread(); }},
      {'f', [](Table& rows, const uint8_t*, size_t) { g_sink += rows.first_of_view(); }},
      {'T', [](Table& rows, const uint8_t*, size_t) { g_sink += rows.tag_sum(); }},
      {'p',
       [](Table& rows, const uint8_t* data, size_t size) { g_sink += size > 0 ? rows.peek(data[0]) : 0; }},
      {'x', [](Table& rows, const uint8_t* data, size_t size) { rows.drop_tags(size > 0 ? data[0] : 0); }},
      {'r', [](Table& rows, const uint8_t* data, size_t size) { rows.refill(size > 0 ? data[0] : 0); }},
  };
  return all;
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  Table rows;
  size_t at = 0;
  while (at + 1 < size) {
    const char command = static_cast<char>(data[at]);
    size_t count = data[at + 1];
    at += 2;
    count = count < size - at ? count : size - at;
    const auto found = actions().find(command);
    if (found != actions().end()) {
      found->second(rows, data + at, count);
    }
    at += count;
  }
  return 0;
}
