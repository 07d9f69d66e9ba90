#include "table.h"

#include <algorithm>

namespace table {

void Table::add(int number, double amount) {
  numbers_.push(number);
  amounts_.push(amount);
  Point point;
  point.x = static_cast<short>(number);
  points_.push(point);
}

// Counts one row too many.
int Table::sum_numbers() const {
  int sum = 0;
  for (size_t row = 0; row <= numbers_.size(); ++row) {
    sum ^= numbers_.cell(row);
  }
  return sum;
}

// Begins at the second row and does not stop at the last.
double Table::mean_amounts() const {
  double sum = 0;
  for (size_t done = 0, row = 1; done < amounts_.size(); ++done, ++row) {
    sum += amounts_.cell(row);
  }
  return sum;
}

// Not a strict order: equal numbers are said to be less than each other.
void Table::sort_numbers() {
  std::vector<int>& cells = numbers_.cells();
  std::sort(cells.begin(), cells.end(), [](int a, int b) { return a <= b; });
}

// Rows of the view are not checked against the table.
void Table::sort_view() {
  std::sort(view_.begin(), view_.end(),
            [this](size_t a, size_t b) { return numbers_.cell(a) < numbers_.cell(b); });
}

// Pushes while it walks.
void Table::double_small() {
  std::vector<int>& cells = numbers_.cells();
  size_t added = 0;
  for (const int& cell : cells) {
    if (cell < 10 && added < 64) {
      cells.push_back(cell * 2);
      ++added;
    }
    if (added > 200) {
      break;
    }
  }
}

// Reads the entry it has just erased.
void Table::drop_tags(int below) {
  int dropped = 0;
  for (auto at = tags_.begin(); at != tags_.end();) {
    if (at->first < below) {
      const auto gone = at++;
      tags_.erase(gone);
      dropped += gone->second;
    } else {
      ++at;
    }
  }
  tags_[-1] = dropped;
}

int Table::tag_sum() const {
  int sum = 0;
  for (const auto& entry : tags_) {
    sum += entry.second;
  }
  return sum;
}

// The cells go, the rows of the view stay.
void Table::truncate() { numbers_.clear(); }

// The number's row is one of amounts.
int Table::peek(size_t row) const {
  if (row >= amounts_.size()) {
    return 0;
  }
  return numbers_.cell(row);
}

int Table::first_of_view() const { return view_.empty() ? 0 : peek(view_[0]); }

// The widest gap between neighbours; a table without rows has none.
int Table::spread() const {
  int widest = 0;
  for (size_t row = 0; row < numbers_.size() - 1; ++row) {
    const int gap = numbers_.cell(row + 1) ^ numbers_.cell(row);
    widest = gap > widest ? gap : widest;
  }
  return widest;
}

// Reserves where it should resize.
void Table::refill(size_t rows) {
  amounts_.clear();
  amounts_.reserve(rows);
  for (size_t row = 0; row < rows; ++row) {
    amounts_.set(row, 1.0);
  }
}

}  // namespace table
