#include "producers/engine/honggfuzz_stats.h"

#include <array>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxColumns = 64;
constexpr std::uint64_t kLatestSecond = 1ULL << 40;

std::string_view take_cell(std::string_view& line) {
  const auto comma = line.find(',');
  auto cell = LeftScan::trimmed_left(line.substr(0, comma));
  while (!cell.empty() && cell.back() == ' ') cell.remove_suffix(1);
  line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  return cell;
}

std::optional<std::uint64_t> moment(std::uint64_t seconds) {
  if (seconds == 0 || seconds > kLatestSecond) return std::nullopt;
  return seconds * 1000;
}

}  // namespace

void HonggfuzzStats::feed(std::string_view chunk) {
  lines_.feed(chunk, [this](std::string_view line) { take_line(line); });
}

void HonggfuzzStats::restart() {
  lines_.forget();
  columns_.clear();
  latest_.reset();
}

void HonggfuzzStats::take_line(std::string_view line) {
  struct Name {
    std::string_view name;
    Column column;
  };
  constexpr std::array<Name, 9> kNames{{{"unix_time", Column::kTime},
                                        {"last_cov_update", Column::kLastCoverage},
                                        {"total_exec", Column::kExecutions},
                                        {"exec_per_sec", Column::kPerSecond},
                                        {"crashes", Column::kCrashes},
                                        {"unique_crashes", Column::kUnique},
                                        {"hangs", Column::kHangs},
                                        {"edge_cov", Column::kEdges},
                                        {"corpus_count", Column::kCorpus}}};
  if (LeftScan header(line); header.take("#")) {
    columns_.clear();
    for (auto rest = header.rest(); !rest.empty() && columns_.size() < kMaxColumns;) {
      const auto cell = take_cell(rest);
      columns_.push_back(Column::kOther);
      for (const auto& known : kNames) {
        if (known.name == cell) columns_.back() = known.column;
      }
    }
    return;
  }
  if (columns_.empty()) return;
  EngineReading reading;
  std::optional<std::uint64_t> all_crashes;
  for (const auto column : columns_) {
    if (line.empty()) return;  // cut: half a line is none
    const auto value = whole_number(take_cell(line));
    if (!value) continue;
    switch (column) {
      case Column::kTime:
        reading.as_of_ms = moment(*value);
        break;
      case Column::kLastCoverage:
        reading.last_new_path_ms = moment(*value);
        break;
      case Column::kExecutions:
        reading.executions = value;
        break;
      case Column::kPerSecond:
        reading.exec_per_second_said = static_cast<double>(*value);
        break;
      case Column::kCrashes:
        all_crashes = value;
        break;
      case Column::kUnique:
        reading.crashes = value;
        break;
      case Column::kHangs:
        reading.hangs = value;
        break;
      case Column::kEdges:
        reading.coverage = value;
        break;
      case Column::kCorpus:
        reading.corpus_files = value;
        break;
      case Column::kOther:
        break;
    }
  }
  if (!reading.crashes) reading.crashes = all_crashes;
  if (reading.executions) latest_ = reading;
}

}  // namespace fuzzmill::producers
