// What a benchmark prints: rows of a measured value beside the reference measured in the same run.
#pragma once

#include <string>
#include <vector>

namespace fuzzmill::bench {

struct Row {
  std::string name;
  std::string size;  // of an event or file, or empty
  double value = 0;
  std::string unit;
  double reference = 0;  // the ceiling or rival; 0 when the row is one itself
  double ratio = 0;      // value / reference; 0 without one
};

// A table for people or {"rows": […]} for programs.
std::string render(const std::vector<Row>& rows, bool json);

double median(std::vector<double> values);
double percentile(std::vector<double> values, double share);

}  // namespace fuzzmill::bench
