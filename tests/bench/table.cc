#include "tests/bench/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace fuzzmill::bench {

std::string render(const std::vector<Row>& rows, bool json) {
  if (json) {
    nlohmann::ordered_json out;
    out["rows"] = nlohmann::ordered_json::array();
    for (const Row& row : rows) {
      out["rows"].push_back({{"name", row.name},
                             {"size", row.size},
                             {"value", row.value},
                             {"unit", row.unit},
                             {"reference", row.reference},
                             {"ratio", row.ratio}});
    }
    return out.dump(2) + "\n";
  }
  std::size_t width = 4;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  std::string text = fmt::format("{:<{}} {:>8} {:>12} {:<10} {:>12} {:>7}\n", "name", width, "size", "value",
                                 "unit", "reference", "ratio");
  for (const Row& row : rows) {
    text += fmt::format("{:<{}} {:>8} {:>12.1f} {:<10} ", row.name, width, row.size, row.value, row.unit);
    text += row.reference == 0 ? fmt::format("{:>12} {:>7}\n", "-", "-")
                               : fmt::format("{:>12.1f} {:>7.2f}\n", row.reference, row.ratio);
  }
  return text;
}

double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace fuzzmill::bench
