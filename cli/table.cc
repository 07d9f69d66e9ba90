#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kMaxCell = 4096;  // bytes of a cell that are looked at

struct Range {
  char32_t first;
  char32_t last;
};

// Coarse on purpose: the blocks that people use, not every row of Unicode's tables.
constexpr std::array kWide = {Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},  Range{0x3041, 0xa4cf},
                              Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},  Range{0xfe30, 0xfe6f},
                              Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},  Range{0x1f300, 0x1f64f},
                              Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};
constexpr std::array kCombining = {Range{0x300, 0x36f},   Range{0x483, 0x489},   Range{0x591, 0x5bd},
                                   Range{0x610, 0x61a},   Range{0x64b, 0x65f},   Range{0x1ab0, 0x1aff},
                                   Range{0x1dc0, 0x1dff}, Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f},
                                   Range{0xfe20, 0xfe2f}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t value) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return value >= range.first && value <= range.last; });
}

std::size_t columns_of(char32_t value) {
  return within(kCombining, value) ? 0 : within(kWide, value) ? 2 : 1;
}

// Takes what is too much from the widest of the columns that may shrink at this turn, one at a time.
void shrink(std::vector<std::size_t>& widths, const std::vector<Column>& columns, std::size_t width,
            bool early) {
  const std::size_t gaps = kGap * (widths.size() - 1);
  std::size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
  while (total > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool may = columns[i].early == early && columns[i].least > 0 && widths[i] > columns[i].least;
      if (may && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == widths.size()) return;
    --widths[widest], --total;
  }
}

std::string padded(std::string_view text, const Column& column, std::size_t width, bool last) {
  const std::size_t taken = display_width(text);
  const std::string space(width > taken ? width - taken : 0, ' ');
  if (column.right) return space + std::string(text);
  return std::string(text) + (last ? "" : space);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto point = runtime::first_code_point(text);
    width += columns_of(point.value);
    text.remove_prefix(point.size);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t taken = 0, bytes = 0;
  while (bytes < text.size()) {
    const auto point = runtime::first_code_point(text.substr(bytes));
    if (taken + columns_of(point.value) + 1 > width) break;
    taken += columns_of(point.value);
    bytes += point.size;
  }
  return std::string(text.substr(0, bytes)) + (width > 0 ? "…" : "");
}

std::string paint(std::string_view text, Tone tone, bool colour) {
  constexpr std::array<std::string_view, 5> kCodes = {"", "32", "33", "1;31", "2"};
  const std::string_view code = kCodes[static_cast<std::size_t>(tone)];
  if (!colour || code.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  for (Cell& cell : row) cell.text = runtime::printable(cell.text, kMaxCell);
  rows_.push_back(std::move(row));
}

std::string Table::text(std::size_t width, bool colour) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[i].text));
    widths.push_back(widest);
  }
  for (const bool early : {true, false}) {
    if (width > 0) shrink(widths, columns_, width, early);
  }

  std::string out;
  const auto line = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool last = i + 1 == columns_.size();
      const Cell cell = cell_of(i);
      out += paint(padded(fit(cell.text, widths[i]), columns_[i], widths[i], last), cell.tone, colour);
      out += last ? "\n" : std::string(kGap, ' ');
    }
  };
  line([&](std::size_t i) { return Cell(columns_[i].title, Tone::kDim); });
  for (const auto& row : rows_) {
    line([&](std::size_t i) { return row[i]; });
  }
  return out;
}

}  // namespace fuzzmill::cli
