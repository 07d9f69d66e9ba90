// A table of typed columns: rows are named by number, views by lists of rows.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define _GLIBCXX_SANITIZE_VECTOR 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define _GLIBCXX_SANITIZE_VECTOR 1
#endif

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace table {

struct Point {
  short x = 0;
  short y = 0;
};

template <typename T>
class Column {
 public:
  void push(const T& value) { cells_.push_back(value); }
  size_t size() const { return cells_.size(); }
  const T& cell(size_t row) const { return cells_.data()[row]; }
  void set(size_t row, const T& value) { cells_.data()[row] = value; }
  T last() const { return cells_.back(); }
  void clear() { cells_.clear(); }
  void reserve(size_t rows) { cells_.reserve(rows); }
  std::vector<T>& cells() { return cells_; }
  const std::vector<T>& cells() const { return cells_; }

  // Takes the row before the first for the first's.
  T step(size_t row) const {
    const size_t before = row - (row > 1 ? 1 : 2);
    return cells_.data()[before];
  }

 private:
  std::vector<T> cells_;
};

class Table {
 public:
  void add(int number, double amount);
  int sum_numbers() const;
  double mean_amounts() const;
  void sort_numbers();
  void sort_view();
  void double_small();
  void drop_tags(int below);
  int tag_sum() const;
  void tag(int key, int value) { tags_[key] = value; }
  void select(size_t row) { view_.push_back(row); }
  void truncate();
  int peek(size_t row) const;
  int spread() const;
  int first_of_view() const;
  Point at_step(size_t row) const { return points_.step(row); }
  int number_step(size_t row) const { return numbers_.step(row); }
  double amount_step(size_t row) const { return amounts_.step(row); }
  void refill(size_t rows);

 private:
  Column<int> numbers_;
  Column<double> amounts_;
  Column<Point> points_;
  std::vector<size_t> view_;
  std::map<int, int> tags_;
};

// Bytes read as numbers, one of its kind for each visitor.
template <typename Visitor>
void for_each_number(const uint8_t* data, size_t size, const Visitor& visit) {
  for (size_t i = 0; i < size; ++i) {
    visit(i, static_cast<int>(data[i]));
  }
}

}  // namespace table
