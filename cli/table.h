// Tables for people: aligned columns that fit the width of the terminal, colours only where asked for.
// Cells may hold text of others: it is made printable here, so that no caller can forget it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::cli {

enum class Tone { kPlain, kGood, kWarn, kBad, kDim };

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;

  Cell(std::string t, Tone o = Tone::kPlain)
      : text(std::move(t)), tone(o) {}  // NOLINT(google-explicit-constructor)
  Cell(std::string_view t, Tone o = Tone::kPlain)
      : text(t), tone(o) {}                                         // NOLINT(google-explicit-constructor)
  Cell(const char* t, Tone o = Tone::kPlain) : text(t), tone(o) {}  // NOLINT(google-explicit-constructor)
  Cell(std::uint64_t n) : text(std::to_string(n)) {}                // NOLINT(google-explicit-constructor)
};

struct Column {
  std::string_view title;
  bool right = false;     // numbers stand to the right
  std::size_t least = 0;  // may be cut down to so many columns when the table is too wide; 0: never
  bool early = false;     // before the others: what can be looked up elsewhere
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // REQUIRES as many cells as columns.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // `width` 0: as wide as it takes. Ends with a line break.
  std::string text(std::size_t width, bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Columns that a printable text takes on a terminal: wide letters take two, combining marks none.
std::size_t display_width(std::string_view text);
// Cut to at most `width` columns, with "…" at its end when something was cut.
std::string fit(std::string_view text, std::size_t width);
std::string paint(std::string_view text, Tone tone, bool colour);

}  // namespace fuzzmill::cli
